/// A text of the provider table with names in braces, to be replaced by values.
package struct PlaceholderText: Sendable, Hashable {
    package enum Piece: Sendable, Hashable {
        case text(String)
        case name(String)
    }

    package let pieces: [Piece]

    /// Reads `text{name}text`; a brace that is not closed, or closed without being opened, is an error.
    package init(_ text: String, at place: String) throws(ProvidersError) {
        var pieces: [Piece] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            if open > rest.startIndex { pieces.append(.text(String(rest[..<open]))) }
            let after = rest[rest.index(after: open)...]
            guard let close = after.firstIndex(of: "}"), close > after.startIndex, !after[..<close].contains("{") else {
                throw ProvidersError(.facts, "\(place): a brace is not closed")
            }
            pieces.append(.name(String(after[..<close])))
            rest = after[after.index(after: close)...]
        }
        guard !text.isEmpty, !rest.contains("}") else {
            if text.isEmpty {
                self.pieces = []
                return
            }
            throw ProvidersError(.facts, "\(place): a brace is closed and was not opened")
        }
        if !rest.isEmpty { pieces.append(.text(String(rest))) }
        self.pieces = pieces
    }

    /// A text without placeholders, braces and all.
    package init(fixed text: String) { pieces = text.isEmpty ? [] : [.text(text)] }

    /// The names in it.
    package var names: [String] {
        pieces.compactMap { if case .name(let name) = $0 { name } else { nil } }
    }

    /// The name, if the text is a single placeholder.
    package var onlyName: String? {
        if pieces.count == 1, case .name(let name) = pieces[0] { name } else { nil }
    }
}
