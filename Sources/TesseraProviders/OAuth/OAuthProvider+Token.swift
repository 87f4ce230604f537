import JOSE
package import JSON
import Logging
import TesseraCore
import TesseraRuntime

extension OAuthProvider {
    /// Exchanges the code for tokens (RFC 6749, section 4.1.3).
    func exchange(
        code: String, verifier: String?, callbackURL: String
    ) async throws(ProvidersError) -> TokenResponse {
        var values = provider.values
        values["code"] = code
        values["redirectUri"] = callbackURL
        var body = ParameterList()
        if provider.entry.token?.replacesBody != true {
            body.add([("grant_type", "authorization_code"), ("code", code), ("redirect_uri", callbackURL)])
            body["code_verifier"] = verifier
        }
        return try read(try await ask(body, values))
    }

    /// Sends a token request with the entry's own parameters and our proof of who we are.
    private func ask(
        _ grant: ParameterList, _ values: PlaceholderValues
    ) async throws(ProvidersError) -> OutboundResponse {
        guard let token = provider.entry.token else { throw ProvidersError(.facts, "there is no token endpoint") }
        let endpoint = try await tokenEndpoint()
        var body = grant
        body.add(values.pairs(token.parameters))
        var headers = [
            ("Accept", "application/json"), ("User-Agent", provider.settings.userAgent),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ]
        headers += values.pairs(token.headers)
        if !token.replacesBody { try await authenticate(&body, &headers, endpoint: endpoint) }
        let request = OutboundRequest(
            method: token.method.rawValue, url: endpoint.addingQuery(values.pairs(token.query)), headers: headers,
            body: Array(Self.form(body.pairs).utf8), timeout: provider.settings.timeout)
        return try await http.send(request)
    }

    private func read(_ response: OutboundResponse) throws(ProvidersError) -> TokenResponse {
        try TokenResponse(response, adding: provider.entry.token?.added ?? JSONObject(), at: clock.now())
    }

    private func tokenEndpoint() async throws(ProvidersError) -> String {
        if let url = provider.tokenURL { return url }
        guard let url = try await documents?.current().tokenEndpoint else {
            throw ProvidersError(.malformed, "the discovery document has no token_endpoint")
        }
        return url
    }

    static func form(_ pairs: [(name: String, value: String)]) -> String {
        pairs.map { "\(PercentEncoding.encodeFormValue($0.name))=\(PercentEncoding.encodeFormValue($0.value))" }
            .joined(separator: "&")
    }

    // MARK: Who we are

    private func authenticate(
        _ body: inout ParameterList, _ headers: inout [(String, String)], endpoint: String
    ) async throws(ProvidersError) {
        let secret = provider.settings.clientSecret ?? ""
        switch try await authenticationMethod() {
        case .basic:
            // Form-encoded first, so that a colon in either stays what it is (RFC 6749, section 2.3.1).
            let pair = [provider.clientID, secret].map { PercentEncoding.encodeFormValue($0) }.joined(separator: ":")
            headers.append(("Authorization", "Basic \(Base64.encode(Array(pair.utf8)))"))
        case .post:
            body["client_id"] = provider.clientID
            body["client_secret"] = try clientSecret()
        case .secretJWT: try addAssertion(&body, endpoint: endpoint, key: secretKey(secret))
        case .privateKeyJWT: try addAssertion(&body, endpoint: endpoint, key: provider.clientKey)
        case .none: body["client_id"] = provider.clientID
        case .oauth1: throw ProvidersError(.facts, "OAuth 1.0a has no such token request")
        }
    }

    /// As configured; where the entry leaves it to the discovery document, the body if the header is not taken.
    private func authenticationMethod() async throws(ProvidersError) -> ProviderEntry.ClientAuthentication {
        let method = provider.clientAuthentication
        guard provider.settings.clientAuthentication == nil, provider.entry.token?.authenticationFromDiscovery == true,
            let documents
        else { return method }
        let known = try await documents.current().clientAuthentications
        let takesOnlyBody = !known.contains("client_secret_basic") && known.contains("client_secret_post")
        return takesOnlyBody ? .post : method
    }

    /// The secret; Apple's is a token that we sign, which lives for five minutes and is not kept.
    private func clientSecret() throws(ProvidersError) -> String {
        guard provider.has(.appleClientSecretJWT), let key = provider.clientKey,
            let team = provider.settings.parameters["teamId"]
        else { return provider.settings.clientSecret ?? "" }
        let now = clock.now().seconds
        let claims: JSONObject = [
            "iss": .string(team), "iat": .integer(now), "exp": .integer(now + 300),
            "aud": "https://appleid.apple.com", "sub": .string(provider.clientID),
        ]
        return try sign(claims, key)
    }

    private func secretKey(_ secret: String) -> JWK? { try? JWK(secret: SecretBytes(Array(secret.utf8))) }

    /// A client assertion (RFC 7523, section 2.2).
    private func addAssertion(_ body: inout ParameterList, endpoint: String, key: JWK?) throws(ProvidersError) {
        guard let key else { throw ProvidersError(.settings, "there is no key to sign a client assertion with") }
        let now = clock.now().seconds
        let claims: JSONObject = [
            "iss": .string(provider.clientID), "sub": .string(provider.clientID), "aud": .string(endpoint),
            "jti": .string(randomText()), "iat": .integer(now), "exp": .integer(now + 60),
        ]
        body["client_id"] = provider.clientID
        body["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        body["client_assertion"] = try sign(claims, key)
    }

    private func sign(_ claims: JSONObject, _ key: JWK) throws(ProvidersError) -> String {
        do throws(JOSEError) {
            return try JWS.sign(
                claims.serialized(), using: key, alg: key.usualAlgorithm, header: HeaderParameters(kid: key.kid))
        } catch {
            throw ProvidersError(.settings, "the client's key cannot sign: \(error)")
        }
    }
}

extension OAuthProvider: TokenRefreshing {
    package func refresh(_ tokens: JSONObject) async throws -> JSONObject {
        guard let refreshToken = tokens["refresh_token"]?.string else {
            throw TokenRefreshFailure(isFinal: true, message: "the account has no refresh token")
        }
        var grant = ParameterList()
        grant.add([("grant_type", "refresh_token"), ("refresh_token", refreshToken)])
        // Before the provider is asked: what it answers has to be written at once, and nobody is asked in between.
        let keys = await knownKeys()
        var fields: JSONObject
        var answer: OutboundResponse?
        do throws(ProvidersError) {
            let sent = try await ask(grant, provider.values)
            answer = sent
            let response = try read(sent)
            fields = response.accountFields(extra: provider.entry.extraTokenFields, keepsIDToken: false)
            fields["id_token"] = renewedIDToken(response, instead: tokens["id_token"], keys).map(JSONValue.string)
        } catch {
            let isFinal = answer.map { TokenResponse.endsGrant($0) } ?? false
            throw TokenRefreshFailure(isFinal: isFinal, message: error.description)
        }
        // A lifetime that is not told anew is not that of the old token.
        for member in tokens.members where fields[member.name] == nil && member.name != "expires_at" {
            fields[member.name] = member.value
        }
        return fields
    }

    /// A new ID token is kept only if it is genuine and of the same subject (OpenID Connect Core, section 12.2). One that
    /// is signed with a key that is not known yet is left out.
    private func renewedIDToken(_ response: TokenResponse, instead old: JSONValue?, _ keys: KnownKeys?) -> String? {
        guard let keys, let new = response.idToken else { return nil }
        do throws(ProvidersError) {
            let claims = try verify(new, .init(accessToken: response.accessToken), with: keys)
            let before = old?.string.flatMap { Self.unverifiedClaims($0) }
            if let before, before["sub"] != claims["sub"] { return nil }
            return new
        } catch {
            logger.warning("id token of a refresh refused", metadata: ["provider": "\(id)", "cause": "\(error.code)"])
            return nil
        }
    }

    /// The claims of a token that was verified when it came.
    private static func unverifiedClaims(_ token: String) -> JSONObject? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let payload = Base64URL.decode(String(parts[1])) else { return nil }
        return try? JSONObject(parsing: payload)
    }
}

extension JWK {
    /// The algorithm that everybody expects of a key of this kind.
    fileprivate var usualAlgorithm: SignatureAlgorithm {
        switch (keyType, curve) {
        case (.octets, _): .hs256
        case (_, .p256?): .es256
        case (_, .p384?): .es384
        case (_, .p521?): .es512
        case (_, .ed25519?), (_, .ed448?): .edDSA
        default: .rs256
        }
    }
}

/// Base64 with padding (RFC 4648, section 4).
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String {
        let text = String(Base64URL.encode(bytes).map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        return text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    }
}
