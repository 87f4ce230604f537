/// The tags of a Mustache template in the order of the text, for checks that go over a whole file.
struct TemplateTags: Sequence {
    /// A tag.
    struct Tag: Sendable, Equatable {
        /// What the tag does.
        enum Kind: Sendable {
            case variable
            case unescaped
            case section
            case partial
            case comment
            case pragma
            case delimiters
        }

        let kind: Kind
        let name: String
    }

    private let tags: [Tag]

    init(_ text: String) {
        var tags: [Tag] = []
        var rest = Array(text.utf8)[...]
        while let start = Self.position(ofTwo: UInt8(ascii: "{"), in: rest) {
            rest = rest[(start + 2)...]
            guard let end = Self.position(ofTwo: UInt8(ascii: "}"), in: rest) else { break }
            tags.append(Self.tag(rest[..<end]))
            rest = rest[(end + 2)...]
        }
        self.tags = tags
    }

    func makeIterator() -> IndexingIterator<[Tag]> {
        tags.makeIterator()
    }

    private static func position(ofTwo brace: UInt8, in bytes: ArraySlice<UInt8>) -> Int? {
        var previous: UInt8?
        for (index, byte) in zip(bytes.indices, bytes) {
            if byte == brace, previous == brace { return index - 1 }
            previous = byte
        }
        return nil
    }

    private static func tag(_ content: ArraySlice<UInt8>) -> Tag {
        let kind: Tag.Kind =
            switch content.first {
            case UInt8(ascii: "{"), UInt8(ascii: "&"): .unescaped
            case UInt8(ascii: "#"), UInt8(ascii: "^"), UInt8(ascii: "/"), UInt8(ascii: "$"): .section
            case UInt8(ascii: ">"), UInt8(ascii: "<"): .partial
            case UInt8(ascii: "!"): .comment
            case UInt8(ascii: "%"): .pragma
            case UInt8(ascii: "="): .delimiters
            default: .variable
            }
        let name = kind == .variable ? content : content.dropFirst()
        let space = UInt8(ascii: " ")
        let trimmed = name.drop { $0 == space }.reversed().drop { $0 == space }.reversed()
        return Tag(kind: kind, name: String(decoding: trimmed, as: UTF8.self))
    }
}
