import JSON

/// A provider's facts as an operator writes them, in the schema of the provider table.
enum PeerDefinition {
    /// - Parameter source: where the profile comes from, `id_token` or `userinfo`.
    static func make(
        _ name: String, issuer: String, algorithm: String, source: String, responseMode: String? = nil
    ) -> JSONObject {
        var parameters: JSONObject = ["scope": "openid profile email"]
        parameters["response_mode"] = responseMode.map(JSONValue.string)
        return [
            "name": .string(name), "protocol": "oidc", "issuer": .string(issuer),
            "discovery": ["url": .string("\(issuer)/.well-known/openid-configuration")],
            "authorization": ["fromDiscovery": true, "params": .object(parameters)],
            "token": [
                "fromDiscovery": true, "method": "POST", "auth": "client_secret_basic", "authFromDiscovery": true,
            ],
            "userinfo": ["fromDiscovery": true, "method": "GET", "auth": "bearer"],
            "idToken": ["signingAlg": .string(algorithm)], "profileSource": .string(source),
            "profile": ["id": "/sub", "name": "/name", "email": "/email", "image": "/picture"],
        ]
    }
}
