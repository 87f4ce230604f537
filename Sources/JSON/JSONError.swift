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

    /// The stable reason.
    public let code: Code
    /// Where in the text, in bytes from its start.
    public let offset: Int

    /// An error with a reason and a place.
    public init(code: Code, offset: Int) {
        self.code = code
        self.offset = offset
    }

    /// The reason and the place.
    public var description: String { "\(code.rawValue) at byte \(offset)" }
}
