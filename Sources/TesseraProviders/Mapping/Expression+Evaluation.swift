package import JSON

/// What expressions are evaluated over.
package struct MappingSources: Sendable {
    package var profile: JSONValue
    package var token: JSONObject
    package var claims: JSONObject
    /// The operator's parameters, by name.
    package var parameters: [String: String]

    package init(
        profile: JSONValue, token: JSONObject = JSONObject(), claims: JSONObject = JSONObject(),
        parameters: [String: String] = [:]
    ) {
        self.profile = profile
        self.token = token
        self.claims = claims
        self.parameters = parameters
    }

    /// The value at a pointer; null counts as missing.
    func value(_ pointer: SourcePointer) -> JSONValue? {
        let document: JSONValue =
            switch pointer.source {
            case .profile: profile
            case .token: .object(token)
            case .claims: .object(claims)
            }
        let value = pointer.pointer.value(in: document)
        return value == .null ? nil : value
    }
}

extension Expression {
    /// The value; `nil` for null. Never fails: what is missing is null.
    package func value(over sources: MappingSources) -> JSONValue? {
        switch self {
        case .pointer(let pointer): return sources.value(pointer)
        // Not the literal `nil`, which here would be the JSON value null.
        case .constant(.null): return Optional.none
        case .constant(let constant): return constant.value
        case .first(let expressions):
            return expressions.lazy.compactMap { $0.value(over: sources) }.first
        case .firstNonEmpty(let expressions):
            return expressions.lazy.compactMap { $0.value(over: sources) }.first { $0 != .string("") }
        case .join(let separator, let parts):
            let texts = parts.compactMap { $0.value(over: sources)?.mappedText }.filter { !$0.isEmpty }
            return texts.isEmpty ? nil : .string(texts.joined(separator: separator))
        case .template(let pieces): return Self.fill(pieces, sources).map(JSONValue.string)
        case .select(let selection): return selection.value(over: sources)
        case .when(let condition, let then, let otherwise):
            return (condition.holds(over: sources) ? then : otherwise).value(over: sources)
        }
    }

    private static func fill(_ pieces: [TemplatePiece], _ sources: MappingSources) -> String? {
        var text = ""
        for piece in pieces {
            switch piece {
            case .text(let fixed): text += fixed
            case .pointer(let pointer):
                guard let value = sources.value(pointer)?.mappedText else { return nil }
                text += value
            case .parameter(let name):
                guard let value = sources.parameters[name] else { return nil }
                text += value
            }
        }
        return text
    }
}

extension Selection {
    fileprivate func value(over sources: MappingSources) -> JSONValue? {
        guard let elements = sources.value(from)?.array else { return nil }
        let match = elements.first { element in
            conditions.allSatisfy { $0.pointer.value(in: element) == $0.value.value }
        }
        let chosen = match ?? (otherwise == .first ? elements.first : nil)
        let value = chosen.flatMap { self.value.value(in: $0) }
        return value == .null ? nil : value
    }
}

extension Condition {
    package func holds(over sources: MappingSources) -> Bool {
        switch self {
        case .truthy(let pointer): sources.value(pointer)?.isTruthy ?? false
        case .startsWith(let pointer, let text):
            sources.value(pointer)?.string?.utf8.starts(with: text.utf8) ?? false
        case .not(let condition): !condition.holds(over: sources)
        }
    }
}

extension JSONValue {
    /// The text of a text or a number, the latter without exponent or trailing `.0`, and of a truth value; arrays and
    /// objects have none.
    package var mappedText: String? {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): Self.plainText(number)
        case .bool(let value): value ? "true" : "false"
        case .null, .array, .object: nil
        }
    }

    /// Swift writes large and small numbers with an exponent; its digits, moved to where they belong, are the shortest
    /// that name the number.
    private static func plainText(_ number: Double) -> String {
        if let integer = Int64(exactly: number) { return String(integer) }
        let text = number.description
        guard let e = text.firstIndex(where: { $0 == "e" || $0 == "E" }),
            let exponent = Int(text[text.index(after: e)...])
        else { return text }
        let sign = text.hasPrefix("-") ? "-" : ""
        let mantissa = text[..<e].drop { $0 == "-" }
        let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count > 1 && parts[1] != "0" ? String(parts[1]) : ""
        let digits = String(parts[0]) + fraction
        let point = parts[0].count + exponent
        if point <= 0 { return "\(sign)0." + String(repeating: "0", count: -point) + digits }
        if point >= digits.count { return sign + digits + String(repeating: "0", count: point - digits.count) }
        return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    }

    fileprivate var isTruthy: Bool {
        switch self {
        case .null: false
        case .bool(let value): value
        case .integer(let number): number != 0
        case .number(let number): number != 0
        case .string(let text): !text.isEmpty
        case .array, .object: true
        }
    }
}
