import JOSE
import JSON
import TesseraCore
package import TesseraRuntime
package import TesseraTokens

/// Signs in with OAuth 1.0a (RFC 5849; contract 5.4): the old Twitter, and whatever an operator defines.
///
/// There is no `state`: the request token takes its place. What comes back must be the one that this browser went away
/// with, which its check cookie says.
package struct OAuth1Provider: SecretKeeping {
    package let provider: ConfiguredProvider
    private let http: any OutboundHTTP
    private var secrets: SealedSecrets?
    private let clock: WallClock
    private let random: RandomBytes

    /// - Parameter secrets: where the request token's secret stays meanwhile; `nil` for the sealed check cookie, which
    ///   does without a store.
    package init(
        _ provider: ConfiguredProvider, http: any OutboundHTTP, secrets: SealedSecrets? = nil,
        clock: WallClock = .system, random: RandomBytes = .system
    ) {
        self.provider = provider
        self.http = http
        self.secrets = secrets
        self.clock = clock
        self.random = random
    }

    /// The same provider, which keeps the request token's secret in the store.
    package func keeping(in secrets: SealedSecrets) -> OAuth1Provider {
        var provider = self
        provider.secrets = secrets
        return provider
    }

    package var id: String { provider.id }
    package var name: String { provider.name }
    package var type: ProviderType { .oauth }
    package var style: ProviderStyle? { provider.buttonStyle }

    /// How long a journey may take, as long as check cookies live.
    private static let lifetime = Duration.seconds(900)

    /// The check that keeps the token, and the one that keeps its secret.
    private enum Kept {
        static let token = SignInCheck.state
        static let secret = SignInCheck.pkceCodeVerifier
    }

    package func state(in request: SignInRequest) -> String? {
        request.parameter("oauth_token") ?? request.parameter("denied")
    }

    // MARK: Going away

    package func begin(_ request: SignInRequest, callbackURL: String) async throws -> RedirectBegin {
        do throws(ProvidersError) {
            let pair = try await requestToken(callbackURL: callbackURL)
            var checks = [Kept.token: pair.token]
            try await keep(pair, &checks)
            guard let endpoint = provider.authorizationURL else {
                throw ProvidersError(.facts, "there is no authorization endpoint")
            }
            // The token only: its secret in an address would be known to everybody on the way.
            return RedirectBegin(
                url: endpoint.addingQuery([("oauth_token", pair.token)]), state: pair.token, checks: checks)
        } catch {
            throw error.failure(beginning: true)
        }
    }

    private struct TokenPair {
        let token: String
        let secret: String
        let fields: [String: String]
    }

    private func requestToken(callbackURL: String) async throws(ProvidersError) -> TokenPair {
        guard let facts = provider.entry.requestToken else { throw ProvidersError(.facts, "there is no request token") }
        let response = try await send(
            facts.method, try provider.values.url(facts.url), signature(nil), extra: [("oauth_callback", callbackURL)])
        let pair = try Self.pair(response)
        guard pair.fields["oauth_callback_confirmed"] == "true" else {
            throw ProvidersError(.malformed, "the provider has not confirmed the callback")
        }
        return pair
    }

    private func keep(_ pair: TokenPair, _ checks: inout [SignInCheck: String]) async throws(ProvidersError) {
        guard let secrets else {
            checks[Kept.secret] = pair.secret
            return
        }
        do {
            try await secrets.keep(pair.secret, as: secretName(pair.token), for: Self.lifetime)
        } catch {
            throw ProvidersError(.unavailable, "the request token's secret could not be kept")
        }
    }

    private func secretName(_ token: String) -> String { "oauth1.\(id).\(token)" }

    // MARK: Coming back

    package func finish(
        _ request: SignInRequest, checks: [SignInCheck: String], callbackURL: String
    ) async throws -> RedirectEnd {
        if request.parameter("denied") != nil {
            throw SignInFailure(
                .callback, reason: .accessDenied, cause: ProvidersError.Code.denied.rawValue,
                message: "the user has said no at the provider")
        }
        do throws(ProvidersError) {
            return try await identify(request, checks)
        } catch {
            throw error.failure()
        }
    }

    private func identify(
        _ request: SignInRequest, _ checks: [SignInCheck: String]
    ) async throws(ProvidersError) -> RedirectEnd {
        guard let kept = checks[Kept.token] else {
            throw ProvidersError(.checkMissing, "this browser has not begun this sign-in, or too long ago")
        }
        guard let token = request.parameter("oauth_token"), constantTimeEqual(Array(token.utf8), Array(kept.utf8))
        else {
            throw ProvidersError(.stateMismatch, "the request token is missing or another")
        }
        guard let verifier = request.parameter("oauth_verifier"), !verifier.isEmpty else {
            throw ProvidersError(.codeMissing, "the provider sent no oauth_verifier")
        }
        let secret = try await take(token, checks)
        guard let facts = provider.entry.token, let url = provider.tokenURL else {
            throw ProvidersError(.facts, "there is no token endpoint")
        }
        let response = try await send(
            facts.method, url, signature((token, secret)), extra: [("oauth_verifier", verifier)])
        let access = try Self.pair(response)
        return try end(try await profile(access), access)
    }

    private func take(_ token: String, _ checks: [SignInCheck: String]) async throws(ProvidersError) -> String {
        guard let secrets else {
            guard let secret = checks[Kept.secret] else {
                throw ProvidersError(.checkMissing, "the request token's secret is missing")
            }
            return secret
        }
        do {
            if let secret = try await secrets.take(secretName(token)) { return secret }
        } catch {
            throw ProvidersError(.unavailable, "the request token's secret could not be looked up")
        }
        throw ProvidersError(.checkMissing, "the request token was used, or is too old")
    }

    private func profile(_ access: TokenPair) async throws(ProvidersError) -> JSONObject {
        guard let facts = provider.entry.userinfo, let text = provider.userinfoURL else {
            throw ProvidersError(.facts, "there is no userinfo request")
        }
        let url = try provider.values.url(text).addingQuery(provider.values.pairs(facts.query))
        let response = try await send(facts.method, url, signature((access.token, access.secret)))
        guard let object = try? JSONObject(parsing: response.body) else {
            throw ProvidersError(.malformed, "the profile is no JSON object")
        }
        return object
    }

    private func end(_ profile: JSONObject, _ access: TokenPair) throws(ProvidersError) -> RedirectEnd {
        guard let mapping = provider.entry.profile else { throw ProvidersError(.facts, "there is no profile mapping") }
        var user = try mapping.user(
            over: MappingSources(profile: .object(profile), parameters: provider.values.all))
        try ProfileQuirks(provider).complete(&user, profile: profile)
        let account = Account(
            provider: id, type: type, providerAccountID: user.id,
            tokens: ["oauth_token": .string(access.token), "oauth_token_secret": .string(access.secret)])
        return RedirectEnd(user: user, account: account, profile: profile)
    }

    // MARK: Requests

    private func signature(_ token: (token: String, secret: String)?) -> OAuth1Signature {
        OAuth1Signature(
            consumerKey: provider.clientID, consumerSecret: provider.settings.clientSecret ?? "", token: token?.token,
            tokenSecret: token?.secret ?? "")
    }

    private func send(
        _ method: ProviderEntry.RequestMethod, _ url: String, _ signature: OAuth1Signature,
        extra: [(String, String)] = []
    ) async throws(ProvidersError) -> OutboundResponse {
        let header: String
        do throws(JOSEError) {
            header = try signature.header(
                method: method.rawValue, url: url, extra: extra, nonce: Base64URL.encode(random.bytes(16)),
                at: clock.now())
        } catch {
            throw ProvidersError(.unavailable, "\(error)")
        }
        let response = try await http.send(
            OutboundRequest(
                method: method.rawValue, url: url,
                headers: [
                    ("Authorization", header), ("Accept", "*/*"), ("User-Agent", provider.settings.userAgent),
                ], timeout: provider.settings.timeout))
        guard response.isSuccess else {
            throw ProvidersError(.status, "the provider answered with status \(response.status)")
        }
        return response
    }

    private static func pair(_ response: OutboundResponse) throws(ProvidersError) -> TokenPair {
        let text = String(validating: response.body, as: UTF8.self) ?? ""
        let fields = Dictionary(
            PercentEncoding.decodeForm(text).prefix(100).map { ($0.name, $0.value) },
            uniquingKeysWith: { _, last in last })
        guard let token = fields["oauth_token"], let secret = fields["oauth_token_secret"], !token.isEmpty else {
            throw ProvidersError(.malformed, "the provider sent no token and secret")
        }
        return TokenPair(token: token, secret: secret, fields: fields)
    }
}
