package import JSON

/// A path into a JSON document (RFC 6901). One that leads nowhere gives `nil`; it never fails.
package struct JSONPointer: Sendable, Hashable {
    /// The steps, escapes undone; none for the whole document.
    package let steps: [String]

    /// `nil` where the text is neither empty nor begins with `/`, or has a `~` that is no escape.
    package init?(_ text: some StringProtocol) {
        if text.isEmpty {
            steps = []
            return
        }
        guard text.hasPrefix("/") else { return nil }
        var steps: [String] = []
        for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let step = Self.unescaped(part) else { return nil }
            steps.append(step)
        }
        self.steps = steps
    }

    private static func unescaped(_ part: some StringProtocol) -> String? {
        guard part.contains("~") else { return String(part) }
        var result = ""
        var characters = part.unicodeScalars.makeIterator()
        while let character = characters.next() {
            guard character == "~" else {
                result.unicodeScalars.append(character)
                continue
            }
            switch characters.next() {
            case "0": result.append("~")
            case "1": result.append("/")
            default: return nil
            }
        }
        return result
    }

    /// The value at the end of the path.
    package func value(in document: JSONValue) -> JSONValue? {
        var value = document
        for step in steps {
            switch value {
            case .object(let object):
                guard let next = object[step] else { return nil }
                value = next
            case .array(let elements):
                guard let index = Self.index(step), elements.indices.contains(index) else { return nil }
                value = elements[index]
            case .null, .bool, .integer, .number, .string: return nil
            }
        }
        return value
    }

    /// An index as RFC 6901, section 4, writes it: no sign, no leading zero.
    private static func index(_ step: String) -> Int? {
        guard step.utf8.allSatisfy({ (0x30...0x39).contains($0) }), step == "0" || !step.hasPrefix("0") else {
            return nil
        }
        return Int(step)
    }

    /// The document with a value at the end of the path; objects on the way that are missing, or are no objects, are
    /// made. An array is not descended into.
    package func setting(_ new: JSONValue, in document: JSONValue) -> JSONValue {
        Self.setting(new, at: steps[...], in: document)
    }

    private static func setting(_ new: JSONValue, at steps: ArraySlice<String>, in document: JSONValue) -> JSONValue {
        guard let step = steps.first else { return new }
        var object = document.object ?? JSONObject()
        object[step] = setting(new, at: steps.dropFirst(), in: object[step] ?? .null)
        return .object(object)
    }
}
