import HTTPTypes
import TesseraCore

/// The cookies of a request, as the browser sent them: of two with the same name the first counts. What comes after
/// `limit` cookies is not read.
///
/// Works on bytes: it runs on every request, and a cookie header is the longest thing in most of them.
struct RequestCookies: Sendable {
    /// Where a cookie is in `bytes`.
    private struct Place: Sendable {
        let name: Range<Int>
        let value: Range<Int>
    }

    /// More than browsers keep for a site; so that reading takes little time whatever is sent.
    private static let limit = 500

    /// All cookie headers, one after the other.
    private let bytes: [UInt8]
    private let places: [Place]

    init(_ headers: HTTPFields) {
        var bytes: [UInt8] = []
        for header in headers[values: .cookie] {
            if !bytes.isEmpty { bytes.append(UInt8(ascii: ";")) }
            bytes.append(contentsOf: header.utf8)
        }
        self.bytes = bytes
        places = Self.places(in: bytes)
    }

    private static func places(in bytes: [UInt8]) -> [Place] {
        bytes.withUnsafeBufferPointer { places(in: $0) }
    }

    private static func places(in bytes: UnsafeBufferPointer<UInt8>) -> [Place] {
        var places: [Place] = []
        places.reserveCapacity(8)
        var start = 0
        while start < bytes.count, places.count < limit {
            var equals = start
            while equals < bytes.count, bytes[equals] != UInt8(ascii: "="), bytes[equals] != UInt8(ascii: ";") {
                equals += 1
            }
            var end = equals
            while end < bytes.count, bytes[end] != UInt8(ascii: ";") { end += 1 }
            if equals < end {
                let name = trimmed(start..<equals, in: bytes)
                let value = unquoted(trimmed(equals + 1..<end, in: bytes), in: bytes)
                if !name.isEmpty { places.append(Place(name: name, value: value)) }
            }
            start = end + 1
        }
        return places
    }

    /// The decoded value of a cookie; as it was sent where it cannot be decoded.
    subscript(name: String) -> String? {
        // The lengths first: they tell most names apart.
        let length = name.utf8.count
        let found = places.first { $0.name.count == length && bytes[$0.name].elementsEqual(name.utf8) }
        guard let place = found else { return nil }
        return PercentEncoding.decode(bytes[place.value]) ?? String(decoding: bytes[place.value], as: UTF8.self)
    }

    /// The names of all cookies whose name starts with a text.
    func names(startingWith prefix: String) -> [String] {
        var names: [String] = []
        for place in places where bytes[place.name].starts(with: prefix.utf8) {
            let name = String(decoding: bytes[place.name], as: UTF8.self)
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    private static func trimmed(_ range: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        func isSpace(_ index: Int) -> Bool { bytes[index] == 0x20 || bytes[index] == 0x09 }
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, isSpace(start) { start += 1 }
        while start < end, isSpace(end - 1) { end -= 1 }
        return start..<end
    }

    private static func unquoted(_ range: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        let quote = UInt8(ascii: "\"")
        guard range.count >= 2, bytes[range.lowerBound] == quote, bytes[range.upperBound - 1] == quote else {
            return range
        }
        return range.lowerBound + 1..<range.upperBound - 1
    }
}
