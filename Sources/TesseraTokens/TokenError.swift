import JOSE

/// Why a text is not a token that lets in.
package struct TokenError: Error, Hashable, CustomStringConvertible {
    /// The stable reason: one of JOSE's codes, or one of these.
    package let code: String

    package init(code: String) { self.code = code }

    init(_ error: JOSEError) { code = error.code.rawValue }

    /// Past its `exp` by more than the clocks may differ.
    package static let expired = TokenError(code: "token_expired")
    /// Its `nbf` is to come.
    package static let notYetValid = TokenError(code: "token_not_yet_valid")
    /// A claim is missing, or is not what it has to be.
    package static let claims = TokenError(code: "claims_malformed")
    /// Neither sealed nor referring as configured.
    package static let malformed = TokenError(code: "token_malformed")

    package var description: String { code }
}
