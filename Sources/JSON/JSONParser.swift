extension JSONValue {
    /// How deep arrays and objects may nest unless the caller says otherwise.
    public static let defaultNesting = 32

    /// Parses one JSON text, strictly: RFC 8259, unique names (RFC 7515, section 4), well-formed UTF-8,
    /// nothing before or after but white space.
    ///
    /// Takes time proportional to the length of the text, whatever it contains.
    public init(parsing text: [UInt8], nesting: Int = defaultNesting) throws(JSONError) {
        self = try unsafe text.withUnsafeBufferPointer { (bytes) throws(JSONError) -> JSONValue in
            var parser = unsafe JSONParser(text: bytes, nesting: nesting)
            return try parser.parseText()
        }
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

/// A parser by recursive descent.
///
/// It lives only while the bytes are lent to it, and reads them only where `position` was found to be
/// within them; so it is safe to use.
@safe struct JSONParser {
    let text: UnsafeBufferPointer<UInt8>
    var position = 0
    private var hasReserved = false
    private var depth: Int

    init(text: UnsafeBufferPointer<UInt8>, nesting: Int) {
        unsafe self.text = unsafe text
        self.depth = nesting
    }

    mutating func parseText() throws(JSONError) -> JSONValue {
        let value = try parseValue()
        skipSpace()
        guard unsafe position == text.count else { throw failure(.syntax) }
        return value
    }

    func failure(_ code: JSONError.Code) -> JSONError { JSONError(code: code, offset: position) }

    /// The byte at the position; 0, which no JSON text contains unescaped, at the end.
    var current: UInt8 { unsafe position < text.count ? text[position] : 0 }

    private mutating func skipSpace() {
        while true {
            switch current {
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
            // Once only, for the outermost: a text of many small objects must not take many times its size.
            if !hasReserved { members.reserveCapacity(16) }
            hasReserved = true
            repeat {
                skipSpace()
                guard current == UInt8(ascii: "\"") else { throw failure(.syntax) }
                let start = position
                let name = try parseString()
                guard names.insert(name, mark: mark(of: name, at: start..<position), among: members) else {
                    throw failure(.duplicateMember)
                }
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

    /// A bit that tells most names apart; every bit for a name that was written with escapes, which is one that
    /// is shorter than its text.
    private func mark(of name: String, at quoted: Range<Int>) -> UInt64 {
        guard name.utf8.count == quoted.count - 2 else { return .max }
        let middle = (quoted.lowerBound + quoted.upperBound) / 2
        let sum = unsafe UInt64(text[middle]) &* 31 &+ UInt64(text[quoted.upperBound - 2]) &* 7
        return 1 << ((sum &+ UInt64(quoted.count)) & 63)
    }
}

/// Finds repeated names: by a bit for each and comparison while there are few, by a set beyond, so that a
/// text with many members costs linear time.
private struct SeenNames {
    private var marks: UInt64 = 0
    private var set: Set<ExactName> = []

    /// False if the name is there already. Equal names have marks with a bit in common.
    mutating func insert(_ name: String, mark: UInt64, among members: [JSONObject.Member]) -> Bool {
        if members.count < 16 {
            let isNew = marks & mark == 0
            marks |= mark
            return isNew || !members.contains { $0.name.isIdentical(to: name) }
        }
        if set.isEmpty { set = Set(members.map { ExactName(name: $0.name) }) }
        return set.insert(ExactName(name: name)).inserted
    }

    private struct ExactName: Hashable {
        let name: String

        static func == (left: ExactName, right: ExactName) -> Bool { left.name.isIdentical(to: right.name) }

        func hash(into hasher: inout Hasher) {
            for byte in name.utf8 { hasher.combine(byte) }
        }
    }
}
