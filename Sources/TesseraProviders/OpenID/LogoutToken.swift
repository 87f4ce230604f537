import JOSE
import JSON
import Logging
import TesseraCore
package import TesseraRuntime

extension OAuthProvider: FederatedProvider {
    package var signOut: FederatedSignOut { provider.settings.federatedSignOut }
    package var acceptsLogoutTokens: Bool { provider.settings.acceptsLogoutTokens }

    private static let logoutEvent = "http://schemas.openid.net/event/backchannel-logout"
    /// How old a logout token may be, in seconds. Whoever remembers used ones has to remember them this long.
    private static let logoutTokenAge: Int64 = 120

    /// Checks a logout token (Back-Channel Logout 1.0, section 2.6): type, algorithm, signature, issuer, audience, times,
    /// event, and that it is no ID token.
    package func logoutNotice(_ token: String) async throws -> LogoutNotice {
        try await verifiedNotice(token)
    }

    private func verifiedNotice(_ token: String) async throws(ProvidersError) -> LogoutNotice {
        guard let documents, let algorithm = provider.idTokenAlgorithm else {
            throw ProvidersError(.facts, "the provider has no OpenID Connect")
        }
        var rules = try await documents.rules(clientID: provider.clientID, algorithm: algorithm)
        rules.types = .absentOr(["logout+jwt", "JWT"])
        let claims = try await open(token, rules)
        try rules.checkOrigin(claims)
        let issued = try checkTimes(claims)
        guard claims["events"]?.object?[Self.logoutEvent]?.object != nil else {
            throw ProvidersError(.logoutTokenInvalid, "the token tells of no logout")
        }
        // An ID token must never pass for one.
        guard claims["nonce"] == nil else { throw ProvidersError(.logoutTokenInvalid, "the token has a nonce") }
        let (subject, session) = (try name("sub", claims), try name("sid", claims))
        guard subject != nil || session != nil else { throw ProvidersError(.logoutTokenInvalid, "it names nobody") }
        guard let id = try name("jti", claims), let issuer = claims["iss"]?.string else {
            throw ProvidersError(.logoutTokenInvalid, "the token has no jti")
        }
        return LogoutNotice(
            issuer: issuer, subject: subject, session: session, tokenID: id, issuedAt: Timestamp(seconds: issued),
            expires: Timestamp(seconds: issued + Self.logoutTokenAge))
    }

    /// When the token was made: not to come, not long ago, and before it expires, all of which it has to say.
    private func checkTimes(_ claims: JSONObject) throws(ProvidersError) -> Int64 {
        let now = clock.now().seconds
        guard let issued = claims["iat"]?.number, issued <= Double(now + IDTokenRules.tolerance) else {
            throw ProvidersError(.logoutTokenInvalid, "iat is missing, or to come")
        }
        guard issued > Double(now - Self.logoutTokenAge) else {
            throw ProvidersError(.logoutTokenInvalid, "the token is too old")
        }
        guard let expires = claims["exp"]?.number, expires > Double(now - IDTokenRules.tolerance) else {
            throw ProvidersError(.logoutTokenInvalid, "exp is missing, or past")
        }
        return Int64(issued.rounded(.down))
    }

    /// A claim that is a text, if it is there at all; anything else makes the token one that cannot be understood.
    private func name(_ claim: String, _ claims: JSONObject) throws(ProvidersError) -> String? {
        guard let value = claims[claim] else { return nil }
        guard let text = value.string, (1...1024).contains(text.utf8.count) else {
            throw ProvidersError(.logoutTokenInvalid, "\(claim) is no text, or empty")
        }
        return text
    }

    package func canSignOut() async -> Bool {
        do throws(ProvidersError) { return try await documents?.current().endSessionEndpoint != nil } catch {
            logger.warning("provider not asked", metadata: ["provider": "\(id)", "cause": "\(error.code.rawValue)"])
            return false
        }
    }

    /// Where a browser is sent to sign out at the provider, too (RP-Initiated Logout 1.0, section 2).
    package func signOutURL(idToken: String?, returnTo url: String, state: String) async throws -> String? {
        guard let endpoint = try await documents?.current().endSessionEndpoint else { return nil }
        var parameters = ParameterList()
        parameters["id_token_hint"] = idToken
        parameters["client_id"] = provider.clientID
        parameters["post_logout_redirect_uri"] = url
        parameters["state"] = state
        return endpoint.addingQuery(parameters.pairs)
    }
}
