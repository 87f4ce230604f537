import JOSE
import JSON
import TesseraCore
import TesseraRuntime

/// What a provider says in a logout token: whose sessions, or which session, have ended there (OpenID Connect
/// Back-Channel Logout 1.0, section 2.4).
package struct LogoutNotice: Sendable, Equatable {
    package let subject: String?
    /// The provider's own `sid`, as its ID tokens carry it.
    package let session: String?
    /// Names the token, so that it is not used twice.
    package let tokenID: String
    /// When the token was made, in seconds since 1970.
    package let issuedAt: Int64
}

extension OAuthProvider {
    private static let logoutEvent = "http://schemas.openid.net/event/backchannel-logout"
    /// The longest that a notice counts, in seconds; whoever remembers used ones has to remember them this long.
    package static let logoutTokenLifetime: Int64 = 120

    /// Checks a logout token (section 2.6): signature, issuer, audience, time, event, and that it is no ID token.
    ///
    /// Whether it was used before is for the caller to know.
    package func logoutNotice(_ token: String) async throws(ProvidersError) -> LogoutNotice {
        guard let documents, let algorithm = provider.idTokenAlgorithm else {
            throw ProvidersError(.facts, "the provider has no OpenID Connect")
        }
        let rules = try await documents.rules(clientID: provider.clientID, algorithm: algorithm)
        let claims = try await open(token, rules)
        try rules.checkOrigin(claims)
        let now = clock.now().seconds
        guard let issued = claims["iat"]?.integer, issued <= now + IDTokenRules.tolerance,
            issued > now - Self.logoutTokenLifetime,
            claims["exp"]?.integer.map({ $0 > now - IDTokenRules.tolerance }) ?? true
        else { throw ProvidersError(.idTokenInvalid, "the logout token is too old, or of the future") }
        guard claims["events"]?.object?[Self.logoutEvent]?.object != nil, claims["nonce"] == nil else {
            throw ProvidersError(.idTokenInvalid, "this is no logout token")
        }
        let (subject, session) = (claims["sub"]?.string, claims["sid"]?.string)
        guard subject != nil || session != nil, let id = claims["jti"]?.string, !id.isEmpty else {
            throw ProvidersError(.idTokenInvalid, "the logout token names nobody, or not itself")
        }
        return LogoutNotice(subject: subject, session: session, tokenID: id, issuedAt: issued)
    }

    /// Where a browser is sent to sign out at the provider, too (OpenID Connect RP-Initiated Logout 1.0); `nil` where
    /// the provider has no such page.
    package func endSessionURL(
        idToken: String?, returnTo url: String?, state: String? = nil
    ) async throws(ProvidersError) -> String? {
        guard let endpoint = try await documents?.current().endSessionEndpoint else { return nil }
        var parameters = ParameterList()
        parameters["id_token_hint"] = idToken
        parameters["client_id"] = provider.clientID
        parameters["post_logout_redirect_uri"] = url
        parameters["state"] = url == nil ? nil : state
        return endpoint.addingQuery(parameters.pairs)
    }
}
