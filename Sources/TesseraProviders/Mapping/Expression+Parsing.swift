package import JSON

extension Expression {
    /// Reads an expression strictly: an unknown form or member is an error.
    package init(_ value: JSONValue, at place: String) throws(ProvidersError) {
        if let text = value.string {
            self = .pointer(try SourcePointer(text, at: place))
            return
        }
        var facts = try Facts(value, at: place)
        switch facts.names.first {
        case "const":
            guard let constant = Constant(try facts.value("const")) else {
                throw facts.wrong("const", "no plain value")
            }
            self = .constant(constant)
        case "first": self = .first(try Self.list(try facts.values("first"), at: place))
        case "firstNonEmpty": self = .firstNonEmpty(try Self.list(try facts.values("firstNonEmpty"), at: place))
        case "join":
            self = .join(
                separator: try facts.text("join"), parts: try Self.list(try facts.values("parts"), at: place))
        case "template": self = .template(try TemplatePiece.parse(try facts.text("template"), at: place))
        case "select": self = .select(try Selection(try facts.value("select"), at: place))
        case "when":
            self = .when(
                try Condition(try facts.value("when"), at: place),
                then: try Expression(try facts.value("then"), at: place),
                otherwise: try Expression(try facts.value("else"), at: place))
        default: throw ProvidersError(.facts, "\(place): no form of an expression")
        }
        try facts.finish()
    }

    private static func list(_ values: [JSONValue], at place: String) throws(ProvidersError) -> [Expression] {
        var list: [Expression] = []
        for value in values { list.append(try Expression(value, at: place)) }
        return list
    }
}

extension SourcePointer {
    /// Reads `/a/b`, `token:/a` or `claims:/a`.
    package init(_ text: String, at place: String) throws(ProvidersError) {
        for source in [Source.token, .claims] where text.hasPrefix("\(source.rawValue):") {
            self = try Self.read(source, text.dropFirst(source.rawValue.count + 1), at: place)
            return
        }
        self = try Self.read(.profile, text[...], at: place)
    }

    private static func read(_ source: Source, _ text: Substring, at place: String) throws(ProvidersError) -> Self {
        guard let pointer = JSONPointer(text) else {
            throw ProvidersError(.facts, "\(place): \"\(text)\" is no JSON pointer")
        }
        return SourcePointer(source: source, pointer: pointer)
    }
}

extension TemplatePiece {
    /// Reads the text of a template: a reference with a slash is a pointer, any other a parameter.
    static func parse(_ text: String, at place: String) throws(ProvidersError) -> [TemplatePiece] {
        var pieces: [TemplatePiece] = []
        for piece in try PlaceholderText(text, at: place).pieces {
            switch piece {
            case .text(let text): pieces.append(.text(text))
            case .name(let name) where name.contains("/"): pieces.append(.pointer(try SourcePointer(name, at: place)))
            case .name(let name): pieces.append(.parameter(name))
            }
        }
        return pieces
    }
}

extension Selection {
    init(_ document: JSONValue, at place: String) throws(ProvidersError) {
        var facts = try Facts(document, at: place)
        from = try SourcePointer(try facts.text("from"), at: place)
        self.value = try Self.pointer(try facts.text("value"), at: place)
        otherwise = try facts.choice("otherwise")
        var members: [Member] = []
        for (name, value) in try facts.object("where").members {
            guard let constant = Constant(value) else { throw facts.wrong("where", "no plain value") }
            members.append(Member(pointer: try Self.pointer(name, at: place), value: constant))
        }
        conditions = members
        try facts.finish()
    }

    private static func pointer(_ text: String, at place: String) throws(ProvidersError) -> JSONPointer {
        guard let pointer = JSONPointer(text) else {
            throw ProvidersError(.facts, "\(place): \"\(text)\" is no JSON pointer")
        }
        return pointer
    }
}

extension Condition {
    init(_ value: JSONValue, at place: String) throws(ProvidersError) {
        var facts = try Facts(value, at: place)
        switch facts.names.first {
        case "truthy": self = .truthy(try SourcePointer(try facts.text("truthy"), at: place))
        case "startsWith":
            let parts = try facts.texts("startsWith")
            guard parts.count == 2 else { throw facts.wrong("startsWith", "no pointer and text") }
            self = .startsWith(try SourcePointer(parts[0], at: place), parts[1])
        case "not": self = .not(try Condition(try facts.value("not"), at: place))
        default: throw ProvidersError(.facts, "\(place): no form of a condition")
        }
        try facts.finish()
    }
}
