public import TesseraCore
import TesseraRuntime

extension Tessera {
    /// An access token of a user's at a provider.
    public struct ProviderToken: Sendable {
        /// The token, for the `Authorization` header of requests to the provider.
        public let accessToken: String
        /// How it is sent, as the provider says; usually `bearer`.
        public let type: String
        /// What it allows; `nil` where the provider has not said.
        public let scope: String?
        /// `nil` where the provider has not said.
        public let expires: Timestamp?
    }

    /// Why there is no access token.
    public enum ProviderTokenError: Error, Sendable {
        /// The user has no account with the provider.
        case notLinked
        /// The provider gives no more tokens: the user has to sign in there again.
        case reauthenticationRequired
        /// The provider does not answer: try again.
        case unavailable
    }

    /// A valid access token of a user's at a provider, refreshed where that is due: once, however many ask at the same
    /// time, here or on other nodes. Needs a directory.
    ///
    /// - Parameter account: the user's name at the provider, where he may have several accounts there.
    /// - Throws: `ProviderTokenError`, or an error where the store cannot be asked.
    public func accessToken(
        of user: UserID, provider: String, account: String? = nil
    ) async throws -> ProviderToken {
        switch try await flow.accessToken(of: user, provider: provider, account: account) {
        case .token(let token):
            return ProviderToken(
                accessToken: token.text, type: token.type, scope: token.scope, expires: token.expires)
        case .unknownAccount: throw ProviderTokenError.notLinked
        case .reauthenticate: throw ProviderTokenError.reauthenticationRequired
        case .unavailable: throw ProviderTokenError.unavailable
        }
    }
}
