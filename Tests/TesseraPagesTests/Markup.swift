/// A strict reader of HTML, code unit by code unit as a browser's tokenizer goes: it accepts only what the pages are
/// meant to contain, and says where something else begins.
struct Markup {
    /// An element in the order of the text.
    struct Element {
        let tag: String
        let attributes: [(name: String, value: String)]
        let parent: Int?
        /// The text directly in the element, entities decoded.
        var text = ""

        subscript(name: String) -> String? { attributes.first { $0.name == name }?.value }
    }

    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    private(set) var elements: [Element] = []
    private var bytes: [UInt8]
    private var position = 0
    private var open: [Int] = []

    private static let void: Set<String> = ["br", "hr", "img", "input", "meta"]

    init(_ html: String) throws {
        bytes = Array(html.utf8)
        try expect("<!DOCTYPE html>\n")
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "<") {
                try bytes.dropFirst(position).starts(with: "</".utf8) ? readEnd() : readStart()
            } else {
                let text = try decoded(until: UInt8(ascii: "<"))
                if let current = open.last { elements[current].text += text }
            }
        }
        guard open.isEmpty else { throw malformed("not closed") }
    }

    /// Tags and names of attributes, in order: what no caller's text may change.
    var structure: [String] {
        elements.map { element in
            let names = element.attributes.map(\.name).joined(separator: " ")
            return "\(element.parent.map { elements[$0].tag } ?? "") > \(element.tag) \(names)"
        }
    }

    /// All values of attributes and all text outside the stylesheet.
    var texts: [String] {
        elements.filter { $0.tag != "style" }.flatMap { $0.attributes.map(\.value) + [$0.text] }
    }

    func all(_ tag: String) -> [Element] { elements.filter { $0.tag == tag } }

    /// The elements inside the `index`th element.
    func inside(_ index: Int) -> [Element] {
        elements.filter { element in
            var parent = element.parent
            while let one = parent {
                if one == index { return true }
                parent = elements[one].parent
            }
            return false
        }
    }

    /// Forms, each with what is in it.
    var forms: [(form: Element, content: [Element])] {
        elements.indices.filter { elements[$0].tag == "form" }.map { (elements[$0], inside($0)) }
    }

    private mutating func readStart() throws {
        try expect("<")
        let tag = try readName()
        var attributes: [(name: String, value: String)] = []
        while !skip(">") {
            try expect(" ")
            let name = try readName()
            guard !attributes.contains(where: { $0.name == name }) else { throw malformed("\(name) twice") }
            guard skip("=") else {
                attributes.append((name, ""))
                continue
            }
            try expect("\"")
            let value = try decoded(until: UInt8(ascii: "\""))
            try expect("\"")
            attributes.append((name, value))
        }
        elements.append(Element(tag: tag, attributes: attributes, parent: open.last))
        if Self.void.contains(tag) { return }
        open.append(elements.count - 1)
        if tag == "style" {
            let start = position
            while position < bytes.count, !bytes.dropFirst(position).starts(with: "</".utf8) { position += 1 }
            elements[elements.count - 1].text = String(decoding: bytes[start..<position], as: UTF8.self)
        }
    }

    private mutating func readEnd() throws {
        try expect("</")
        let tag = try readName()
        try expect(">")
        guard let last = open.popLast(), elements[last].tag == tag else { throw malformed("\(tag) is not open") }
    }

    private mutating func readName() throws -> String {
        let start = position
        while position < bytes.count, isNameByte(bytes[position]) { position += 1 }
        guard start < position else { throw malformed("no name") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private func isNameByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "-")
            || (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(byte)
    }

    private mutating func decoded(until end: UInt8) throws -> String {
        let entities: [(String, UInt8)] = [
            ("&amp;", UInt8(ascii: "&")), ("&lt;", UInt8(ascii: "<")), ("&gt;", UInt8(ascii: ">")),
            ("&quot;", UInt8(ascii: "\"")), ("&#39;", UInt8(ascii: "'")),
        ]
        var text: [UInt8] = []
        while position < bytes.count, bytes[position] != end {
            let byte = bytes[position]
            guard byte != UInt8(ascii: "<"), byte != UInt8(ascii: ">"), byte >= 0x20 || byte == 0x0a else {
                throw malformed("stray byte \(byte)")
            }
            if byte == UInt8(ascii: "&") {
                guard let entity = entities.first(where: { skip($0.0) }) else { throw malformed("stray &") }
                text.append(entity.1)
            } else {
                text.append(byte)
                position += 1
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func skip(_ text: String) -> Bool {
        guard bytes.dropFirst(position).starts(with: text.utf8) else { return false }
        position += text.utf8.count
        return true
    }

    private mutating func expect(_ text: String) throws {
        guard skip(text) else { throw malformed("expected \(text)") }
    }

    private func malformed(_ problem: String) -> Malformed {
        let around = String(decoding: bytes[max(0, position - 60)..<min(bytes.count, position + 60)], as: UTF8.self)
        return Malformed(description: "\(problem), near: \(around)")
    }
}
