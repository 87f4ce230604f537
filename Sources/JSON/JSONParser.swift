/// Why a text is not the JSON that was asked for.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    /// The stable reason.
    public enum Code: String, Sendable {
        /// Not JSON according to RFC 8259.
        case syntax = "json_syntax"
        /// Not well-formed UTF-8, or an unpaired surrogate escape.
        case encoding = "json_encoding"
        /// Two members of one object have the same name.
        case duplicateMember = "json_duplicate_member"
        /// Arrays and objects nest deeper than allowed.
        case nesting = "json_nesting"
        /// A number that no 64-bit integer or double can hold.
        case number = "json_number"
        /// JSON, but not an object where one is required.
        case notAnObject = "json_not_an_object"
    }

    public let code: Code
    /// Where in the text, in bytes from its start.
    public let offset: Int

    public init(code: Code, offset: Int) {
        self.code = code
        self.offset = offset
    }

    public var description: String { "\(code.rawValue) at byte \(offset)" }
}

extension JSONValue {
    /// How deep arrays and objects may nest unless the caller says otherwise.
    public static let defaultNesting = 32

    /// Parses one JSON text, strictly: RFC 8259, unique names (RFC 7515, section 4), well-formed UTF-8,
    /// nothing before or after but white space.
    ///
    /// Takes time proportional to the length of the text, whatever it contains.
    public init(parsing text: [UInt8], nesting: Int = defaultNesting) throws(JSONError) {
        var parser = JSONParser(text: text, nesting: nesting)
        self = try parser.parseText()
    }
}

extension JSONObject {
    /// Parses a JSON text that must be an object.
    public init(parsing text: [UInt8], nesting: Int = JSONValue.defaultNesting) throws(JSONError) {
        guard case .object(let object) = try JSONValue(parsing: text, nesting: nesting) else {
            throw JSONError(code: .notAnObject, offset: 0)
        }
        self = object
    }
}

struct JSONParser {
    private let text: [UInt8]
    private var position = 0
    private var depth: Int

    init(text: [UInt8], nesting: Int) {
        self.text = text
        self.depth = nesting
    }

    mutating func parseText() throws(JSONError) -> JSONValue {
        let value = try parseValue()
        skipSpace()
        guard position == text.count else { throw failure(.syntax) }
        return value
    }

    private func failure(_ code: JSONError.Code) -> JSONError { JSONError(code: code, offset: position) }

    /// The byte at the position; 0, which no JSON text contains unescaped, at the end.
    private var current: UInt8 { position < text.count ? text[position] : 0 }

    private mutating func skipSpace() {
        while position < text.count {
            switch text[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func parseValue() throws(JSONError) -> JSONValue {
        skipSpace()
        switch current {
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "{"): return .object(try parseObject())
        case UInt8(ascii: "["): return .array(try parseArray())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
        default: throw failure(.syntax)
        }
    }

    private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for byte in word.description.utf8 {
            guard current == byte else { throw failure(.syntax) }
            position += 1
        }
        return value
    }

    private mutating func descend() throws(JSONError) {
        guard depth > 0 else { throw failure(.nesting) }
        depth -= 1
        position += 1
    }

    private mutating func parseArray() throws(JSONError) -> [JSONValue] {
        try descend()
        var elements: [JSONValue] = []
        skipSpace()
        if current != UInt8(ascii: "]") {
            repeat { elements.append(try parseValue()) } while try takeComma(or: UInt8(ascii: "]"))
        }
        position += 1
        depth += 1
        return elements
    }

    /// After an element: true past a comma, false at the closing bracket.
    private mutating func takeComma(or closing: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        if current == closing { return false }
        guard current == UInt8(ascii: ",") else { throw failure(.syntax) }
        position += 1
        return true
    }

    private mutating func parseObject() throws(JSONError) -> JSONObject {
        try descend()
        var members: [JSONObject.Member] = []
        var names = SeenNames()
        skipSpace()
        if current != UInt8(ascii: "}") {
            members.reserveCapacity(8)
            repeat {
                skipSpace()
                guard current == UInt8(ascii: "\"") else { throw failure(.syntax) }
                let name = try parseString()
                guard names.insert(name, among: members) else { throw failure(.duplicateMember) }
                skipSpace()
                guard current == UInt8(ascii: ":") else { throw failure(.syntax) }
                position += 1
                members.append((name, try parseValue()))
            } while try takeComma(or: UInt8(ascii: "}"))
        }
        position += 1
        depth += 1
        return JSONObject(unique: members)
    }

    /// Finds repeated names: by comparison while there are few, by a set beyond, so that a text with many
    /// members costs linear time.
    private struct SeenNames {
        private var set: Set<String> = []

        mutating func insert(_ name: String, among members: [JSONObject.Member]) -> Bool {
            if members.count < 16 { return !members.contains { $0.name == name } }
            if set.isEmpty { set = Set(members.map(\.name)) }
            return set.insert(name).inserted
        }
    }

    private mutating func parseString() throws(JSONError) -> String {
        position += 1
        let start = position
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "\""):
                let result = try decode(start..<position)
                position += 1
                return result
            case UInt8(ascii: "\\"): return try parseEscapedString(from: start)
            case 0..<0x20: throw failure(.syntax)
            default: position += 1
            }
        }
        throw failure(.syntax)
    }

    private func decode(_ range: Range<Int>) throws(JSONError) -> String {
        guard let string = String(validating: text[range], as: UTF8.self) else {
            throw JSONError(code: .encoding, offset: range.lowerBound)
        }
        return string
    }

    /// Goes on at the first backslash of a string that started at `start`.
    private mutating func parseEscapedString(from start: Int) throws(JSONError) -> String {
        var bytes = Array(text[start..<position])
        while position < text.count {
            let byte = text[position]
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: bytes, as: UTF8.self) else {
                    throw JSONError(code: .encoding, offset: start)
                }
                position += 1
                return string
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
            return bytes.append(contentsOf: Array(String(try parseUnicodeEscape()).utf8))
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
            guard let digit = Character(Unicode.Scalar(current)).hexDigitValue else { throw failure(.syntax) }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    private mutating func parseNumber() throws(JSONError) -> JSONValue {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") { position += 1 } else { try skipDigits() }
        var isInteger = true
        if current == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            try skipDigits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try skipDigits()
        }
        let literal = String(decoding: text[start..<position], as: UTF8.self)
        if isInteger, let value = Int64(literal) { return .integer(value) }
        guard let value = Double(literal), value.isFinite else { throw failure(.number) }
        return .number(value)
    }

    private mutating func skipDigits() throws(JSONError) {
        let start = position
        while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(current) { position += 1 }
        guard position > start else { throw failure(.syntax) }
    }
}
