public import JSON

/// The port for getting a new access token from a provider (RFC 6749, section 6).
public protocol TokenRefresher: Sendable {
    /// Exchanges a refresh token, once: whoever calls sees to it that nobody else does at the same time.
    ///
    /// Ends within its own time limit, which is at most 15 seconds in all. Is not cancelled: an answer that is lost may
    /// be a refresh token that is lost.
    ///
    /// - Parameter tokens: the account's tokens as they were kept: the fields of a token response, with `expires_at`
    ///   (seconds since 1970) in place of `expires_in`.
    /// - Returns: the fields of the new response, `expires_at` likewise. What it leaves out stays as it was, the refresh
    ///   token above all.
    func refresh(_ tokens: JSONObject) async throws(TokenRefreshError) -> JSONObject
}

/// Why a provider gave no new access token.
public struct TokenRefreshError: Error, CustomStringConvertible {
    /// The stable reason.
    public enum Code: String, Sendable {
        /// The provider refuses the refresh token, for good (`invalid_grant`): the user has to sign in there again.
        case refused = "refresh_refused"
        /// It cannot be reached, or fails: try again.
        case unavailable = "provider_unavailable"
    }

    public let code: Code
    public let message: String
    public let cause: (any Error)?

    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    public var description: String { "\(code.rawValue): \(message)" }
}
