public import JSON
import TesseraCore
public import TesseraRuntime

/// What an operator says about a provider.
///
/// ```swift
/// try SignInProvider.known(ProviderSettings("github", clientID: "…", clientSecret: "…"))
/// try SignInProvider.known(ProviderSettings("keycloak", clientID: "…", clientSecret: "…",
///     parameters: ["issuer": "https://id.example.com/realms/main"]))
/// ```
public struct ProviderSettings: Sendable {
    /// Names it in addresses and in stored accounts.
    public var id: String
    /// The entry of the provider table; `nil` for the one that is called like `id`. So one entry can be used twice.
    public var entry: String?
    /// The provider's facts in the schema of the table, where it is none of the table's.
    public var definition: JSONObject?
    /// The name on its button; `nil` for the entry's.
    public var name: String?
    public var clientID: String?
    public var clientSecret: String?
    /// The entry's own parameters, by name.
    public var parameters: [String: String]
    /// Which facts are used.
    public var facts: FactsVersion
    /// The scopes to ask for; `nil` for the entry's.
    public var scope: String?
    /// Further parameters of the authorization request, such as `prompt`.
    public var authorizationParameters: [String: String]
    /// Endpoints in other places than the entry says, such as another region.
    public var endpoints: Endpoints
    /// How we prove who we are to the token endpoint: one of `client_secret_basic`, `client_secret_post`,
    /// `client_secret_jwt`, `private_key_jwt`, `none`; `nil` for what the entry says.
    public var clientAuthentication: String?
    /// The private key for `private_key_jwt`, as PEM.
    public var clientKey: String?
    /// The algorithm of its ID tokens; `nil` for what the entry says.
    public var idTokenAlgorithm: String?
    /// Whether PKCE is used; `nil` for what suits the provider.
    public var usesPKCE: Bool?
    /// Whether a nonce is sent and demanded; `nil` for: where it is OpenID Connect.
    public var usesNonce: Bool?
    /// Whether the requests that complete the profile are made (photos, addresses).
    public var completesProfile: Bool
    /// Whether an account there is linked to the user with the same address without more ado: only where its word on
    /// addresses can be relied on. An address that it calls unverified never counts.
    public var allowDangerousEmailAccountLinking: Bool
    /// Whether signing out here goes on to the provider (OpenID Connect RP-Initiated Logout 1.0).
    public var federatedSignOut: FederatedSignOut
    /// Whether the provider may end sessions here (OpenID Connect Back-Channel Logout 1.0).
    public var acceptsLogoutTokens: Bool
    /// The tenants that may sign in, where a provider serves many; empty for any.
    public var tenants: [String]
    /// Whether it may be in a private network, and may be spoken to without TLS. For providers of one's own.
    public var isInPrivateNetwork: Bool
    /// How long one request to it may take.
    public var timeout: Duration
    /// How we name ourselves to it.
    public var userAgent: String

    /// Endpoints that take the place of an entry's.
    public struct Endpoints: Sendable, Hashable {
        public var discovery: String?
        public var authorization: String?
        public var token: String?
        public var userinfo: String?

        public init(
            discovery: String? = nil, authorization: String? = nil, token: String? = nil, userinfo: String? = nil
        ) {
            self.discovery = discovery
            self.authorization = authorization
            self.token = token
            self.userinfo = userinfo
        }

        var all: [(name: String, url: String)] {
            [("discovery", discovery), ("authorization", authorization), ("token", token), ("userinfo", userinfo)]
                .compactMap { name, url in url.map { (name, $0) } }
        }
    }

    public init(
        _ id: String, entry: String? = nil, clientID: String? = nil, clientSecret: String? = nil,
        parameters: [String: String] = [:]
    ) {
        self.id = id
        self.entry = entry
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.parameters = parameters
        facts = .recommended
        authorizationParameters = [:]
        endpoints = Endpoints()
        completesProfile = true
        allowDangerousEmailAccountLinking = false
        federatedSignOut = .never
        acceptsLogoutTokens = false
        tenants = []
        isInPrivateNetwork = false
        timeout = .milliseconds(3500)
        userAgent = "Tessera"
    }
}

/// Everything that is wrong with a provider's settings, in words.
public struct ProviderProblems: Error, Sendable, Equatable, CustomStringConvertible {
    public let problems: [String]

    public init(_ problems: [String]) { self.problems = problems }

    public var description: String { problems.joined(separator: "\n") }
}
