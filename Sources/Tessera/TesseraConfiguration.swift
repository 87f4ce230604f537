public import CoreMetrics
public import JSON
public import TesseraCore
public import TesseraHTTP
public import TesseraPages
public import TesseraRuntime
public import TesseraTokens
public import TesseraWebhooks

/// Everything that an application, or an operator, decides. What is left alone has a sensible default.
public struct TesseraConfiguration: Sendable {
    /// The deployment's secrets: the first one seals, all open. At least one, each of 32 bytes or more.
    public var secrets: [String]
    /// Where sessions live.
    public var store: StoreLocation
    /// The ways to sign in.
    public var providers: [SignInProvider]
    /// Where browsers reach the API. Default: `http://localhost:3000/api/auth`.
    public var url: URLSource
    /// Whether `X-Forwarded-For` of a proxy in front is believed.
    public var trustsProxy: Bool
    /// How long sessions live, and what becomes of tokens that come back late.
    public var policy: SessionPolicy
    /// What session tokens are made of.
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
    /// Where users and their accounts live. Without a directory whoever a provider names is a user, as in NextAuth.js
    /// without an adapter; sign-in links in e-mails, linking accounts, and providers' access tokens need one.
    public var directory: DirectoryLocation
    /// How often somebody may try to sign in, or ask for an e-mail.
    public var attemptLimits: AttemptLimits
    /// How long after signing in somebody may change his ways in.
    public var recentAuthentication: Duration
    /// The application's say in signing in, and in what tokens and sessions contain.
    public var callbacks: Callbacks
    /// What the application wants to be told of.
    public var events: Events
    /// Questions and events that go to an application in another process, as signed webhooks. A callback or a handler that
    /// is set in code takes the place of the webhook's.
    public var webhooks: WebhookSettings?
    /// Whether cookies are `Secure`; `nil` for: where browsers use https.
    public var useSecureCookies: Bool?
    /// Cookies with other names or attributes than the default ones.
    public var cookies: CookieOverrides
    /// Pages of the application's own in place of the built-in ones.
    public var pages: CustomPages
    /// How the built-in pages look.
    public var theme: PageTheme
    /// What holds where several nodes share the store.
    public var cluster: ClusterSettings
    /// The application's own templates for e-mails with sign-in links.
    public var mailTemplates: MailTemplateSources
    /// How many browsers may listen for the end of their session at once, on this node.
    public var eventStreamLimit: Int
    /// The path of a demo's mailbox; `nil` for none.
    package var mailboxPath: String?
    /// Where metrics go; `nil` for the process's own system, as it is when Tessera is opened.
    public var metrics: (any MetricsFactory)?
    /// Tells the time.
    public var clock: WallClock
    /// Makes keys and identifiers.
    public var random: RandomBytes

    /// A configuration with what has no default; the rest can be set afterwards.
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
        webhooks = nil
        directory = .none
        attemptLimits = AttemptLimits()
        recentAuthentication = .minutes(15)
        useSecureCookies = nil
        cookies = CookieOverrides()
        pages = CustomPages()
        theme = PageTheme()
        cluster = ClusterSettings()
        mailTemplates = MailTemplateSources()
        eventStreamLimit = 5_000
        clock = .system
        random = .system
    }
}

/// Everything that is wrong with a configuration, in words.
public struct ConfigurationError: Error, CustomStringConvertible {
    /// One sentence for each problem.
    public let problems: [String]

    /// An error with these problems.
    public init(problems: [String]) { self.problems = problems }

    /// The problems, one a line.
    public var description: String { problems.joined(separator: "\n") }
}
