import JOSE
import JSON
import Logging
import TesseraCore
package import TesseraRuntime

extension OAuthProvider {
    package func finish(
        _ request: SignInRequest, checks: [SignInCheck: String], callbackURL: String
    ) async throws -> RedirectEnd {
        if let error = request.parameter("error"), !error.isEmpty { throw providerError(error) }
        do throws(ProvidersError) {
            return try await identify(request, checks: checks, callbackURL: callbackURL)
        } catch {
            throw error.failure()
        }
    }

    /// The provider, or the user there, has said no (RFC 6749, section 4.1.2.1). Nobody can be signed in with this, so
    /// it is told without a look at the state, which not every provider sends with an error.
    func providerError(_ name: String) -> SignInFailure {
        let reason = ProviderErrorReason(rawValue: name)
        return SignInFailure(
            provider.settings.facts == .v4 ? .providerError : .callback, reason: reason,
            cause: ProvidersError.Code.denied.rawValue,
            message: "the provider says \(reason?.rawValue ?? "an error that no standard defines")")
    }

    /// The whole way from what the browser brings to whom the provider has identified.
    private func identify(
        _ request: SignInRequest, checks: [SignInCheck: String], callbackURL: String
    ) async throws(ProvidersError) -> RedirectEnd {
        try checkState(request, checks)
        let verifier = checks[.pkceCodeVerifier]
        let nonce = checks[.nonce]
        guard !provider.usesPKCE || verifier != nil, !provider.usesNonce || nonce != nil else {
            throw ProvidersError(.checkMissing, "this browser has not begun this sign-in, or too long ago")
        }
        try await checkIssuer(request)
        guard let code = request.parameter("code"), !code.isEmpty else {
            throw ProvidersError(.codeMissing, "the provider sent no code")
        }
        let tokens = try await exchange(code: code, verifier: verifier, callbackURL: callbackURL)
        var claims = JSONObject()
        if provider.entry.kind == .oidc {
            guard let idToken = tokens.idToken else {
                throw ProvidersError(.idTokenMissing, "the token response has no ID token")
            }
            claims = try await verify(
                idToken, .init(nonce: nonce, accessToken: tokens.accessToken, code: code))
        }
        let profile = try await profile(tokens, claims: claims, request)
        return try end(profile, tokens, claims)
    }

    private func checkState(_ request: SignInRequest, _ checks: [SignInCheck: String]) throws(ProvidersError) {
        guard let kept = checks[.state] else {
            throw ProvidersError(.checkMissing, "this browser has not begun this sign-in, or too long ago")
        }
        guard let state = state(in: request), constantTimeEqual(Array(state.utf8), Array(kept.utf8)) else {
            throw ProvidersError(.stateMismatch, "the state is missing or another")
        }
    }

    /// RFC 9207: an `iss` must be the provider's, and must be there where the provider promises it. A provider without
    /// an issuer of record is not measured by it.
    private func checkIssuer(_ request: SignInRequest) async throws(ProvidersError) {
        let metadata = try await documents?.current()
        guard let issuer = metadata?.issuer ?? provider.issuer else { return }
        guard let named = request.parameter("iss") else {
            guard metadata?.alwaysSendsIssuer != true else {
                throw ProvidersError(.issuerParameter, "the provider promises iss, and it is missing")
            }
            return
        }
        // Of a template only the tenant is open.
        let expected = issuer.replacing("{tenantid}", with: provider.values["tenantId"] ?? "common")
        let isSame =
            IssuerRule.isSame(named, expected)
            || issuer.contains("{tenantid}") && WebURL(named)?.origin == WebURL(issuer)?.origin
        guard isSame else { throw ProvidersError(.issuerParameter, "the answer is another issuer's") }
    }

    /// Verifies an ID token: signature and claims.
    func verify(
        _ token: String, _ expected: IDTokenRules.Expectation
    ) async throws(ProvidersError) -> JSONObject {
        guard let documents, let algorithm = provider.idTokenAlgorithm else {
            throw ProvidersError(.facts, "an ID token needs discovery and an algorithm")
        }
        let rules = try await documents.rules(clientID: provider.clientID, algorithm: algorithm)
        let claims = try await open(token, rules)
        try check(claims, expected, rules)
        return claims
    }

    private func check(
        _ claims: JSONObject, _ expected: IDTokenRules.Expectation, _ rules: IDTokenRules
    ) throws(ProvidersError) {
        try rules.check(claims, expected, at: clock.now())
        if provider.has(.b2cIssuerFromMetadata) { try checkUserFlow(claims) }
    }

    /// What an ID token can be verified with while nobody may be asked.
    struct KnownKeys: Sendable {
        fileprivate let rules: IDTokenRules
        fileprivate let keys: JWKSet
    }

    /// `nil` for a provider without ID tokens, and where its documents cannot be had.
    func knownKeys() async -> KnownKeys? {
        guard provider.entry.kind == .oidc, let documents, let algorithm = provider.idTokenAlgorithm else { return nil }
        do throws(ProvidersError) {
            let rules = try await documents.rules(clientID: provider.clientID, algorithm: algorithm)
            if [.hs256, .hs384, .hs512].contains(algorithm) { return KnownKeys(rules: rules, keys: try secretKeys()) }
            return KnownKeys(rules: rules, keys: try await documents.currentKeys())
        } catch {
            logger.warning("no keys for a refresh", metadata: ["provider": "\(id)", "cause": "\(error.code)"])
            return nil
        }
    }

    /// Verifies an ID token with what is known already.
    func verify(
        _ token: String, _ expected: IDTokenRules.Expectation, with known: KnownKeys
    ) throws(ProvidersError) -> JSONObject {
        let claims: JSONObject
        do throws(JOSEError) { claims = try known.rules.open(token, keys: known.keys) } catch {
            throw ProvidersError(.idTokenInvalid, "the token is refused: \(error)")
        }
        try check(claims, expected, known.rules)
        return claims
    }

    private func secretKeys() throws(ProvidersError) -> JWKSet {
        do throws(JOSEError) {
            return JWKSet([try JWK(secret: SecretBytes(Array((provider.settings.clientSecret ?? "").utf8)))])
        } catch {
            throw ProvidersError(.idTokenInvalid, "the token is refused: \(error)")
        }
    }

    /// With the provider's keys; where the entry pins HMAC, with the client secret.
    func open(_ token: String, _ rules: IDTokenRules) async throws(ProvidersError) -> JSONObject {
        switch rules.algorithm {
        case .hs256, .hs384, .hs512:
            let keys = try secretKeys()
            do throws(JOSEError) { return try rules.open(token, keys: keys) } catch {
                throw ProvidersError(.idTokenInvalid, "the token is refused: \(error)")
            }
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512, .es256, .es384, .es512, .edDSA:
            guard let documents else { throw ProvidersError(.facts, "there are no keys without discovery") }
            return try await documents.open(token, rules: rules)
        }
    }

    /// Several user flows of Azure AD B2C may share a client: the token must be of the configured one, where it says.
    private func checkUserFlow(_ claims: JSONObject) throws(ProvidersError) {
        guard let flow = provider.values["primaryUserFlow"], let named = (claims["tfp"] ?? claims["acr"])?.string else {
            return
        }
        guard named.lowercased() == flow.lowercased() else {
            throw ProvidersError(.idTokenInvalid, "the ID token is of another user flow")
        }
    }

    // MARK: The end

    private func end(
        _ profile: JSONObject, _ tokens: TokenResponse, _ claims: JSONObject
    ) throws(ProvidersError) -> RedirectEnd {
        guard let mapping = provider.entry.profile else { throw ProvidersError(.facts, "there is no profile mapping") }
        let sources = MappingSources(
            profile: .object(profile), token: tokens.members, claims: claims, parameters: provider.values.all)
        var user = try mapping.user(over: sources)
        try ProfileQuirks(provider).complete(&user, profile: profile)
        let account = Account(
            provider: id, type: type, providerAccountID: user.id,
            tokens: tokens.accountFields(
                extra: provider.entry.extraTokenFields, keepsIDToken: provider.entry.kind == .oidc))
        return RedirectEnd(
            user: user, account: account, profile: profile,
            isEmailVerified: ProfileQuirks(provider).isEmailVerified(profile, claims),
            identity: tokens.idToken.flatMap { identity($0, claims) })
    }

    /// Who he is by a verified ID token; `nil` where there is none.
    private func identity(_ idToken: String, _ claims: JSONObject) -> ProviderIdentity? {
        guard provider.entry.kind == .oidc, let issuer = claims["iss"]?.string, let subject = claims["sub"]?.string,
            let issued = claims["iat"]?.number.flatMap({ Int64(exactly: $0.rounded(.down)) })
        else { return nil }
        return ProviderIdentity(
            issuer: issuer, subject: subject, session: claims["sid"]?.string,
            issuedAt: Timestamp(seconds: issued), idToken: idToken)
    }
}

extension ProviderEntry.ProfileMapping {
    /// The user that a profile describes. Without an id there is none.
    func user(over sources: MappingSources) throws(ProvidersError) -> UserProfile {
        guard let id = id.value(over: sources)?.mappedText, !id.isEmpty else {
            throw ProvidersError(.profile, "the provider's profile has no id")
        }
        var attributes = JSONObject()
        for field in extra { attributes[field.name] = field.expression.value(over: sources) }
        return UserProfile(
            id: id, name: name.value(over: sources)?.mappedText,
            email: email.value(over: sources)?.mappedText?.lowercased(),
            image: image.value(over: sources)?.mappedText, attributes: attributes)
    }
}
