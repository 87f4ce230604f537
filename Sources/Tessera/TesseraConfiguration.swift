public import JSON
public import TesseraCore
public import TesseraHTTP
public import TesseraPages
public import TesseraRuntime
public import TesseraTokens

/// Everything that an application, or an operator, decides. What is left alone has a sensible default.
public struct TesseraConfiguration: Sendable {
    /// The deployment's secrets: the first one seals, all open. At least one, each of 32 bytes or more.
    public var secrets: [String]
    public var store: StoreLocation
    public var providers: [SignInProvider]
    /// Where browsers reach the API. Default: `http://localhost:3000/api/auth`.
    public var url: URLSource
    /// Whether `X-Forwarded-For` of a proxy in front is believed.
    public var trustsProxy: Bool
    public var policy: SessionPolicy
    public var tokenFormat: TokenFormat
    /// Private keys (RFC 7517) for signed formats, the first one signs; without any, keys are derived from the secrets.
    public var signingKeys: [JSONObject]
    /// The same for sealed formats.
    public var sealingKeys: [JSONObject]
    /// Whether NextAuth.js sessions are taken over.
    public var adoption: Adoption
    /// How often the use of a session is written at most.
    public var touchInterval: Duration
    /// How many users' records are kept in memory at most.
    public var actorLimit: Int
    public var callbacks: Callbacks
    public var events: Events
    public var useSecureCookies: Bool?
    public var cookies: CookieOverrides
    public var pages: CustomPages
    public var theme: PageTheme
    public var clock: WallClock
    public var random: RandomBytes

    public init(
        secrets: [String], store: StoreLocation, providers: [SignInProvider], url: URLSource = .localhost,
        callbacks: Callbacks = Callbacks(), events: Events = Events()
    ) {
        self.secrets = secrets
        self.store = store
        self.providers = providers
        self.url = url
        self.callbacks = callbacks
        self.events = events
        trustsProxy = false
        policy = .consumer
        tokenFormat = .standard
        signingKeys = []
        sealingKeys = []
        adoption = .always
        touchInterval = .seconds(30)
        actorLimit = 20_000
        useSecureCookies = nil
        cookies = CookieOverrides()
        pages = CustomPages()
        theme = PageTheme()
        clock = .system
        random = .system
    }
}

/// Everything that is wrong with a configuration, in words.
public struct ConfigurationError: Error, CustomStringConvertible {
    public let problems: [String]

    public init(problems: [String]) { self.problems = problems }

    public var description: String { problems.joined(separator: "\n") }
}
