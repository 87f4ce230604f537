/// Why a journey elsewhere did not end in a sign-in. Thrown by a `RedirectingProvider`; what the browser is told of it
/// is in `code` and `reason`, everything else is for the log.
public struct SignInFailure: Error, Sendable, CustomStringConvertible {
    /// What the browser is told; the raw values are the codes of contract 6.1.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The journey could not begin.
        case begin = "OAuthSignin"
        /// The provider's answer is not one that anybody may be signed in with.
        case callback = "OAuthCallback"
        /// NextAuth.js's code for an answer that is an error of the provider's own.
        case providerError = "Callback"
        /// The provider's profile names no user: the sign-in page, without a code (contract 5.3).
        case profile = "Profile"
    }

    public let code: Code
    /// The provider's own word for it, where it is one that the standards define (`access_denied`).
    public let reason: ProviderErrorReason?
    /// A stable name for what exactly was wrong, for logs and metrics.
    public let cause: String
    /// What exactly was wrong, in words; holds no code, token or secret.
    public let message: String

    public init(_ code: Code, reason: ProviderErrorReason? = nil, cause: String, message: String) {
        self.code = code
        self.reason = reason
        self.cause = cause
        self.message = message
    }

    public var description: String { "\(code.rawValue) (\(cause)): \(message)" }
}

/// The errors that a provider may send back to us (RFC 6749, section 4.1.2.1; OpenID Connect Core, section 3.1.2.6).
/// Nothing else of its answer is shown to anybody.
public enum ProviderErrorReason: String, Sendable, Hashable, CaseIterable {
    case accessDenied = "access_denied"
    case invalidRequest = "invalid_request"
    case unauthorizedClient = "unauthorized_client"
    case unsupportedResponseType = "unsupported_response_type"
    case invalidScope = "invalid_scope"
    case serverError = "server_error"
    case temporarilyUnavailable = "temporarily_unavailable"
    case interactionRequired = "interaction_required"
    case loginRequired = "login_required"
    case accountSelectionRequired = "account_selection_required"
    case consentRequired = "consent_required"
}
