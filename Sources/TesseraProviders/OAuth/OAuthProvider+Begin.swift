import JOSE
import JSON
package import TesseraRuntime
import TesseraTokens

extension OAuthProvider {
    package func begin(_ request: SignInRequest, callbackURL: String) async throws -> RedirectBegin {
        do throws(ProvidersError) {
            return try await makeRedirect(request, callbackURL: callbackURL)
        } catch {
            throw error.failure(beginning: true)
        }
    }

    private func makeRedirect(
        _ request: SignInRequest, callbackURL: String
    ) async throws(ProvidersError) -> RedirectBegin {
        let endpoint = try await authorizationEndpoint()
        let state = randomText()
        var checks = [SignInCheck.state: state]
        var parameters = parameters(request, callbackURL: callbackURL)
        parameters["state"] = state
        if provider.usesPKCE {
            let verifier = randomText()
            checks[.pkceCodeVerifier] = verifier
            parameters["code_challenge"] = try challenge(verifier)
            parameters["code_challenge_method"] = "S256"
        }
        if provider.usesNonce {
            let nonce = randomText()
            checks[.nonce] = nonce
            parameters["nonce"] = nonce
        }
        // WeChat opens its page in its own browser only with this.
        let fragment = provider.has(.wechatAppID) ? "#wechat_redirect" : ""
        return RedirectBegin(
            url: endpoint.addingQuery(parameters.pairs) + fragment, state: state, checks: checks)
    }

    private func authorizationEndpoint() async throws(ProvidersError) -> String {
        if let url = provider.authorizationURL { return url }
        guard let url = try await documents?.current().authorizationEndpoint else {
            throw ProvidersError(.malformed, "the discovery document has no authorization_endpoint")
        }
        return url
    }

    /// All but the checks, in the order: what every provider gets, what the entry says, what the operator says, what
    /// the request may say.
    private func parameters(_ request: SignInRequest, callbackURL: String) -> ParameterList {
        var values = provider.values
        values["redirectUri"] = callbackURL
        var parameters = ParameterList()
        parameters.add([
            ("response_type", "code"), ("client_id", provider.clientID), ("redirect_uri", callbackURL),
        ])
        parameters.add(values.pairs(provider.entry.authorization?.parameters ?? []))
        parameters["scope"] = scope(entry: parameters["scope"])
        let own = provider.settings.authorizationParameters.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        parameters.add(
            (own + SignInParameters(provider).values(of: request)).filter {
                !SignInParameters.reserved.contains($0.0)
            })
        return parameters
    }

    /// The scope to send; an empty one is not sent, and a missing one has no default.
    private func scope(entry: String?) -> String? {
        let implied = provider.has(.scopeLeftImplicit) ? "openid email profile" : nil
        let scope = provider.settings.scope ?? entry ?? implied
        return scope?.isEmpty == true ? nil : scope
    }

    /// 32 random bytes in base64url, 43 characters (RFC 7636, section 4.1; contract 2.5).
    func randomText() -> String { Base64URL.encode(random.bytes(32)) }

    private func challenge(_ verifier: String) throws(ProvidersError) -> String {
        do throws(JOSEError) { return Base64URL.encode(try SHA256.hash(verifier)) } catch {
            throw ProvidersError(.unavailable, "\(error)")
        }
    }
}
