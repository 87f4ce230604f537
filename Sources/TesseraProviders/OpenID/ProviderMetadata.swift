import JSON
import TesseraCore

/// What a provider publishes of itself (OpenID Connect Discovery 1.0; RFC 8414). Only what is used is read.
struct ProviderMetadata: Sendable {
    /// As the document has it; what tokens are compared with.
    let issuer: String
    let authorizationEndpoint: String?
    let tokenEndpoint: String?
    let userinfoEndpoint: String?
    let keysURL: String?
    let endSessionEndpoint: String?
    /// Whether the provider promises `iss` in every authorization response (RFC 9207).
    let alwaysSendsIssuer: Bool
    let clientAuthentications: [String]

    /// Reads a document. An address in it must be one that could have been configured: https, unless the provider is in
    /// a network of the operator's own.
    init(_ document: JSONObject, rule: IssuerRule, allowsHTTP: Bool) throws(ProvidersError) {
        guard let issuer = document["issuer"]?.string else {
            throw ProvidersError(.malformed, "the discovery document names no issuer")
        }
        self.issuer = try rule.accept(document: issuer)
        authorizationEndpoint = try Self.url("authorization_endpoint", document, allowsHTTP)
        tokenEndpoint = try Self.url("token_endpoint", document, allowsHTTP)
        userinfoEndpoint = try Self.url("userinfo_endpoint", document, allowsHTTP)
        keysURL = try Self.url("jwks_uri", document, allowsHTTP)
        endSessionEndpoint = try Self.url("end_session_endpoint", document, allowsHTTP)
        alwaysSendsIssuer = document["authorization_response_iss_parameter_supported"]?.bool ?? false
        clientAuthentications =
            document["token_endpoint_auth_methods_supported"]?.array?.compactMap(\.string) ?? []
    }

    private static func url(
        _ name: String, _ document: JSONObject, _ allowsHTTP: Bool
    ) throws(ProvidersError) -> String? {
        guard let value = document[name], value != .null else { return nil }
        guard let text = value.string, let url = WebURL(text), !text.contains("#"),
            allowsHTTP || url.origin.scheme == .https
        else { throw ProvidersError(.malformed, "\(name) of the discovery document is no address to use") }
        return text
    }
}
