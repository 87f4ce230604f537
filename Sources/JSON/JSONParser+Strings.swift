extension JSONParser {
    mutating func parseString() throws(JSONError) -> String {
        let bytes = unsafe text
        let start = position + 1
        var index = start
        var seen: UInt8 = 0
        // The end of the text ends the loop like a character that no string contains.
        while index < bytes.count {
            let byte = unsafe bytes[index]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
            seen |= byte
            index += 1
        }
        position = index
        switch current {
        case UInt8(ascii: "\""):
            let content = unsafe UnsafeBufferPointer(rebasing: bytes[start..<index])
            if seen >= 0x80, unsafe !Self.isWellFormed(content) { throw JSONError(code: .encoding, offset: start) }
            position += 1
            return unsafe String(decoding: content, as: UTF8.self)
        case UInt8(ascii: "\\"): return try parseEscapedString(from: start)
        default: throw failure(.syntax)
        }
    }

    /// Goes on at the first backslash of a string that started at `start`.
    private mutating func parseEscapedString(from start: Int) throws(JSONError) -> String {
        var bytes = unsafe Array(text[start..<position])
        while unsafe position < text.count {
            let byte = unsafe text[position]
            switch byte {
            case UInt8(ascii: "\""):
                let isWellFormed = unsafe bytes.withUnsafeBufferPointer { unsafe Self.isWellFormed($0) }
                guard isWellFormed else { throw JSONError(code: .encoding, offset: start) }
                position += 1
                return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"):
                position += 1
                try parseEscape(into: &bytes)
            case 0..<0x20: throw failure(.syntax)
            default:
                bytes.append(byte)
                position += 1
            }
        }
        throw failure(.syntax)
    }

    private mutating func parseEscape(into bytes: inout [UInt8]) throws(JSONError) {
        let byte = current
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"):
            position += 1
            let scalar = try parseUnicodeEscape()
            bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            return
        default: throw failure(.syntax)
        }
        position += 1
    }

    private mutating func parseUnicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let first = try parseFourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first), current == UInt8(ascii: "\\") else { throw failure(.encoding) }
        position += 1
        guard current == UInt8(ascii: "u") else { throw failure(.encoding) }
        position += 1
        let second = try parseFourHexDigits()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw failure(.encoding) }
        return scalar
    }

    private mutating func parseFourHexDigits() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            let digit = current
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(digit - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(digit - UInt8(ascii: "A") + 10)
            default: throw failure(.syntax)
            }
            position += 1
        }
        return value
    }

    /// Whether the bytes are UTF-8 as the Unicode Standard's table 3-7 has it: no overlong form, no surrogate,
    /// nothing above U+10FFFF.
    static func isWellFormed(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var index = 0
        while index < bytes.count {
            let first = unsafe bytes[index]
            index += 1
            if first < 0x80 { continue }
            // How many bytes follow, and between which bounds the next of them is.
            let (following, bounds): (Int, ClosedRange<UInt8>)
            switch first {
            case 0xC2...0xDF: (following, bounds) = (1, 0x80...0xBF)
            case 0xE0: (following, bounds) = (2, 0xA0...0xBF)
            case 0xE1...0xEC, 0xEE, 0xEF: (following, bounds) = (2, 0x80...0xBF)
            case 0xED: (following, bounds) = (2, 0x80...0x9F)
            case 0xF0: (following, bounds) = (3, 0x90...0xBF)
            case 0xF1...0xF3: (following, bounds) = (3, 0x80...0xBF)
            case 0xF4: (following, bounds) = (3, 0x80...0x8F)
            default: return false
            }
            guard index + following <= bytes.count, unsafe bounds.contains(bytes[index]) else { return false }
            for later in index + 1..<index + following where unsafe bytes[later] & 0xC0 != 0x80 { return false }
            index += following
        }
        return true
    }
}
