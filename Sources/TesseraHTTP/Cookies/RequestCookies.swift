import HTTPTypes
import TesseraCore

/// The cookies of a request, as the browser sent them: of two with the same name the first counts. What comes after
/// `limit` cookies is not read.
///
/// Works on bytes: it runs on every request, and a cookie header is the longest thing in most of them.
struct RequestCookies: Sendable {
    private typealias Bytes = Substring.UTF8View

    /// More than browsers keep for a site; so that reading takes little time whatever is sent.
    private static let limit = 500

    private var cookies: [(name: Substring, value: Substring)] = []

    init(_ headers: HTTPFields) {
        for header in headers[values: .cookie] { add(header[...].utf8) }
    }

    private mutating func add(_ header: Bytes) {
        var rest = header
        while !rest.isEmpty, cookies.count < Self.limit {
            let end = rest.firstIndex(of: UInt8(ascii: ";")) ?? rest.endIndex
            add(pair: rest[..<end])
            rest = end == rest.endIndex ? rest[end...] : rest[rest.index(after: end)...]
        }
    }

    private mutating func add(pair: Bytes) {
        guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { return }
        let name = Self.trimmed(pair[..<equals])
        guard !name.isEmpty, !cookies.contains(where: { $0.name.utf8.elementsEqual(name) }) else { return }
        let value = Self.unquoted(Self.trimmed(pair[pair.index(after: equals)...]))
        cookies.append((Substring(name), Substring(value)))
    }

    /// The decoded value of a cookie; as it was sent where it cannot be decoded.
    subscript(name: String) -> String? {
        guard let cookie = cookies.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else { return nil }
        return PercentEncoding.decode(cookie.value) ?? String(cookie.value)
    }

    /// The names of all cookies whose name starts with a text.
    func names(startingWith prefix: String) -> [String] {
        cookies.filter { $0.name.utf8.starts(with: prefix.utf8) }.map { String($0.name) }
    }

    private static func trimmed(_ text: Bytes) -> Bytes {
        var text = text
        while let first = text.first, first == 0x20 || first == 0x09 { text = text.dropFirst() }
        while let last = text.last, last == 0x20 || last == 0x09 { text = text.dropLast() }
        return text
    }

    private static func unquoted(_ text: Bytes) -> Bytes {
        guard text.count >= 2, text.first == 0x22, text.last == 0x22 else { return text }
        return text.dropFirst().dropLast()
    }
}
