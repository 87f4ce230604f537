/// Why something about a provider failed. The message is for operators and logs: it holds no code, token or secret.
package struct ProvidersError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The stable reason.
    package enum Code: String, Sendable, CaseIterable {
        /// Facts or settings that cannot be used.
        case facts = "facts_malformed"
        case settings = "settings_invalid"

        // Requests of ours to a provider.
        case addressRefused = "address_refused"
        case unreachable = "provider_unreachable"
        case timedOut = "provider_timed_out"
        case tooLarge = "response_too_large"
        case redirected = "redirect_refused"
        case status = "status_unexpected"
        case malformed = "response_malformed"

        // What the browser brings back.
        case checkMissing = "check_missing"
        case stateMismatch = "state_mismatch"
        case issuerParameter = "iss_mismatch"
        case denied = "provider_error"
        case codeMissing = "code_missing"

        // Discovery, tokens, profile.
        case issuerMismatch = "issuer_mismatch"
        case tokenError = "token_error"
        case tokenType = "token_type_unsupported"
        case idTokenMissing = "id_token_missing"
        case idTokenInvalid = "id_token_invalid"
        case nonceMismatch = "nonce_mismatch"
        case subjectMismatch = "subject_mismatch"
        case profile = "profile_unusable"
        case logoutTokenInvalid = "logout_token_invalid"
        /// Something of ours that should not fail did.
        case unavailable
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code.rawValue): \(message)" }
}
