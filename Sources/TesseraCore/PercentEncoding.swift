/// Percent-encoding as JavaScript's `encodeURIComponent` does it, and the reading of it (RFC 3986, section 2.1).
package enum PercentEncoding {
    /// Encodes everything but letters, digits and `-_.!~*'()`.
    package static func encode(_ text: String) -> String {
        guard !text.utf8.allSatisfy(isUnreserved) else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count + 16)
        for byte in text.utf8 { append(byte, encodeIf: !isUnreserved(byte), to: &result) }
        return String(decoding: result, as: UTF8.self)
    }

    /// Encodes only what may not stand in a header value or a URL at all: control characters, spaces, quotes, angle
    /// brackets and everything beyond ASCII. Leaves a URL that needs nothing as it is.
    package static func encodeUnsafe(_ text: String) -> String {
        guard !text.utf8.allSatisfy(isSafeInURL) else { return text }
        var result: [UInt8] = []
        for byte in text.utf8 { append(byte, encodeIf: !isSafeInURL(byte), to: &result) }
        return String(decoding: result, as: UTF8.self)
    }

    /// Decodes; `nil` where a percent sign is not followed by two hexadecimal digits, or the bytes are not UTF-8.
    /// - Parameter plusIsSpace: as in forms (WHATWG URL, application/x-www-form-urlencoded).
    package static func decode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
        decode(Array(text.utf8)[...], plusIsSpace: plusIsSpace)
    }

    /// The same of bytes: for what is decoded on every request.
    package static func decode(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool = false) -> String? {
        let plus = plusIsSpace ? UInt8(ascii: "+") : UInt8(ascii: "%")
        guard bytes.contains(where: { $0 == UInt8(ascii: "%") || $0 == plus }) else {
            return String(validating: bytes, as: UTF8.self)
        }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var rest = bytes
        // From one encoded byte to the next; what is between them is copied as it is.
        while let next = rest.firstIndex(where: { $0 == UInt8(ascii: "%") || $0 == plus }) {
            result.append(contentsOf: rest[..<next])
            if rest[next] == UInt8(ascii: "%") {
                guard next + 2 < rest.endIndex, let high = hexValue(rest[next + 1]), let low = hexValue(rest[next + 2])
                else { return nil }
                result.append(high << 4 | low)
                rest = rest[(next + 3)...]
            } else {
                result.append(0x20)
                rest = rest[(next + 1)...]
            }
        }
        result.append(contentsOf: rest)
        return String(validating: result, as: UTF8.self)
    }

    /// The pairs of a query or a form body, in their order. What cannot be decoded is taken as it is written.
    package static func decodeForm(_ text: some StringProtocol) -> [(name: String, value: String)] {
        Substring(text).utf8.split(separator: UInt8(ascii: "&")).map { pair in
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let (name, value) = (Substring(parts[0]), parts.count == 2 ? Substring(parts[1]) : "")
            return (
                decode(name, plusIsSpace: true) ?? String(name), decode(value, plusIsSpace: true) ?? String(value)
            )
        }
    }

    /// Encodes everything but letters, digits and `-._~`: the strictest reading of RFC 3986, which OAuth 1.0a demands
    /// (RFC 5849, section 3.6) and which every server reads alike.
    package static func encodeStrictly(_ text: String) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count + 16)
        for byte in text.utf8 { append(byte, encodeIf: !isStrictlyUnreserved(byte), to: &result) }
        return String(decoding: result, as: UTF8.self)
    }

    /// One value of a form: as `encodeStrictly`, with `+` for a space (WHATWG URL, application/x-www-form-urlencoded).
    package static func encodeFormValue(_ text: String) -> String {
        text.split(separator: " ", omittingEmptySubsequences: false).map { encodeStrictly(String($0)) }
            .joined(separator: "+")
    }

    private static func append(_ byte: UInt8, encodeIf isEncoded: Bool, to result: inout [UInt8]) {
        guard isEncoded else { return result.append(byte) }
        result.append(UInt8(ascii: "%"))
        result.append(hexDigit(byte >> 4))
        result.append(hexDigit(byte & 0x0F))
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x41...0x5A, 0x61...0x7A, 0x30...0x39: true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "~"),
            UInt8(ascii: "*"), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"):
            true
        default: false
        }
    }

    private static func isStrictlyUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x41...0x5A, 0x61...0x7A, 0x30...0x39: true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"): true
        default: false
        }
    }

    private static func isSafeInURL(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...0x20, 0x7F...0xFF: false
        case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"): false
        default: true
        }
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
