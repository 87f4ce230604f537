package import JSON

/// How a field of a user's profile is made from what a provider answered: the mapping language of the provider table.
package indirect enum Expression: Sendable, Hashable {
    case pointer(SourcePointer)
    case constant(Constant)
    /// The first value that is there and not null.
    case first([Expression])
    /// The first value that is there, not null, and no empty text.
    case firstNonEmpty([Expression])
    /// The non-empty parts, joined; null when none is left.
    case join(separator: String, parts: [Expression])
    /// Text with references; null when any of them is missing or null.
    case template([TemplatePiece])
    case select(Selection)
    case when(Condition, then: Expression, otherwise: Expression)
}

/// A pointer and the document that it points into.
package struct SourcePointer: Sendable, Hashable {
    package enum Source: String, Sendable, Hashable, CaseIterable {
        case profile
        /// The token response.
        case token
        /// The claims of the ID token.
        case claims
    }

    package let source: Source
    package let pointer: JSONPointer
}

/// A constant of the table: a value without parts.
package enum Constant: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case string(String)

    package var value: JSONValue {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .integer(let value): .integer(value)
        case .string(let value): .string(value)
        }
    }

    package init?(_ value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .integer(value)
        case .string(let value): self = .string(value)
        case .number, .array, .object: return nil
        }
    }
}

/// A part of a template.
package enum TemplatePiece: Sendable, Hashable {
    case text(String)
    case pointer(SourcePointer)
    /// One of the operator's parameters.
    case parameter(String)
}

/// An element of an array, chosen by its members.
package struct Selection: Sendable, Hashable {
    package enum Otherwise: String, Sendable, Hashable, CaseIterable {
        case first
        case null
    }

    package let from: SourcePointer
    package let conditions: [Member]
    package let value: JSONPointer
    package let otherwise: Otherwise

    package struct Member: Sendable, Hashable {
        package let pointer: JSONPointer
        package let value: Constant
    }
}

/// A condition on what a provider answered.
package indirect enum Condition: Sendable, Hashable {
    /// Neither missing nor null, false, 0 or an empty text.
    case truthy(SourcePointer)
    case startsWith(SourcePointer, String)
    case not(Condition)
}
