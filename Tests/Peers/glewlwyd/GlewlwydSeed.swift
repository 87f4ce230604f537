import JOSE
import JSON

/// What a Glewlwyd is told by its administrator before a test: its providers with their keys, one user and one client.
struct GlewlwydSeed: Sendable {
    static let user = "ada"
    static let password = "ada-password"
    private static let scopes: JSONValue = ["openid", "profile", "email"]

    let origin: String
    /// Where the client is.
    let base: String

    func run() async throws {
        var administrator = try await administrator()
        for scope in ["profile", "email"] {
            try await administrator.send(
                "POST", "\(origin)/api/scope/",
                json: [
                    "name": .string(scope), "display_name": .string(scope), "description": .string(scope),
                    "password_required": true, "password_max_age": 0, "scheme": [:],
                ])
        }
        for instance in GlewlwydPeer.Instance.allCases {
            try await administrator.send("POST", "\(origin)/api/mod/plugin/", json: try plugin(instance))
        }
        try await administrator.send(
            "POST", "\(origin)/api/user/",
            json: [
                "username": .string(Self.user), "password": .string(Self.password), "name": "Ada Lovelace",
                "email": "ada@example.test", "enabled": true, "scope": Self.scopes,
            ])
        try await letClientsComeBack(&administrator)
        try await administrator.send("POST", "\(origin)/api/client/", json: client())
    }

    /// Changes where the client wants to hear of sign-outs.
    func change(backChannel uri: String) async throws {
        var administrator = try await administrator()
        try await administrator.send(
            "PUT", "\(origin)/api/client/\(GlewlwydPeer.clientID)", json: client(backChannel: uri))
    }

    /// The one that its tables come with.
    private func administrator() async throws -> PeerBrowser {
        var browser = PeerBrowser(at: origin)
        try await browser.send(
            "POST", "\(origin)/api/auth/", json: ["username": "admin", "password": "password"])
        return browser
    }

    /// A client has no addresses to come back to after a sign-out, until where clients are kept knows of such a thing.
    private func letClientsComeBack(_ administrator: inout PeerBrowser) async throws {
        let address = "\(origin)/api/mod/client/database"
        let page = try await administrator.open(address)
        var module = try JSONObject(parsing: Array(page.body.utf8))
        var parameters = module["parameters"]?.object ?? JSONObject()
        var format = parameters["data-format"]?.object ?? JSONObject()
        format["post_logout_redirect_uris"] = ["multiple": true, "read": true, "write": true]
        parameters["data-format"] = .object(format)
        module["parameters"] = .object(parameters)
        try await administrator.send("PUT", address, json: module)
        try await administrator.send("PUT", "\(address)/reset/", json: nil)
    }

    private func client(backChannel uri: String? = nil) -> JSONObject {
        var client: JSONObject = [
            "client_id": .string(GlewlwydPeer.clientID), "name": "The application",
            "client_secret": .string(GlewlwydPeer.clientSecret), "confidential": true, "enabled": true,
            "authorization_type": ["code", "refresh_token"],
            "token_endpoint_auth_method": ["client_secret_basic", "client_secret_post"], "scope": [],
            "redirect_uri": [.string("\(base)/callback/glewlwyd")],
            "post_logout_redirect_uris": [.string("\(base)/signout/callback/glewlwyd")],
        ]
        if let uri {
            client["backchannel_logout_uri"] = .string(uri)
            client["backchannel_logout_session_required"] = "1"
        }
        return client
    }

    /// A provider: the module that does OpenID Connect, with a key of its own.
    private func plugin(_ instance: GlewlwydPeer.Instance) throws -> JSONObject {
        let restrictions = JWK.Restrictions(kid: instance.rawValue, use: "sig", alg: instance.algorithm)
        let key =
            switch instance {
            case .rsa: try JWK.generateRSA(restrictions: restrictions)
            case .elliptic, .nameless: try JWK.generate(on: .p256, restrictions: restrictions)
            case .edwards: try JWK.generate(on: .ed25519, restrictions: restrictions)
            }
        let keys: JSONObject = ["keys": [.object(try key.privateJSON())]]
        var parameters = Self.parameters
        parameters["iss"] = .string("\(origin)/api/\(instance.rawValue)")
        parameters["jwks-private"] = .string(String(decoding: keys.serialized(), as: UTF8.self))
        parameters["oauth-as-iss-id"] = .bool(instance != .nameless)
        return [
            "module": "oidc", "name": .string(instance.rawValue), "display_name": .string(instance.rawValue),
            "parameters": .object(parameters),
        ]
    }

    private static let parameters: JSONObject = [
        "jwks-show": true, "jwt-type": "rsa", "jwt-key-size": "256", "code-duration": 600,
        // So short that the access token is to be renewed at once.
        "access-token-duration": 30,
        "refresh-token-duration": 3600, "refresh-token-rolling": true, "refresh-token-one-use": "always",
        "allow-non-oidc": false, "auth-type-code-enabled": true, "auth-type-code-revoke-replayed": true,
        "auth-type-token-enabled": false, "auth-type-id-token-enabled": true, "auth-type-none-enabled": false,
        "auth-type-password-enabled": false, "auth-type-client-enabled": false, "auth-type-device-enabled": false,
        "auth-type-refresh-enabled": true, "scope": [], "additional-parameters": [], "claims": [],
        "subject-type": "public", "allowed-scope": scopes, "scope-claim": "no", "address-claim": ["type": "no"],
        "name-claim": "on-demand", "name-claim-scope": ["profile"],
        "email-claim": "on-demand", "email-claim-scope": ["email"],
        "pkce-allowed": true, "pkce-method-plain-allowed": false, "pkce-required": true,
        "session-management-allowed": true, "session-cookie-name": "GLEWLWYD_OIDC", "session-cookie-expiration": 3600,
        "front-channel-logout-allowed": false, "back-channel-logout-allowed": true,
    ]
}
