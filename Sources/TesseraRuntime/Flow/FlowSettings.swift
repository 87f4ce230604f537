public import TesseraCore

/// What an operator or an application decides about sessions.
package struct FlowSettings: Sendable {
    package var policy: SessionPolicy
    package var adoption: Adoption
    /// How often a session's use is written at most.
    package var touchInterval: Duration
    /// How many users' actors a node keeps at most.
    package var actorLimit: Int
    package var providers: [SignInProvider]
    package var callbacks: Callbacks
    package var events: Events
    /// What other systems are told at least once; nobody where it is `nil`.
    package var lasting: LastingEvents?
    /// Where users live; without it, whoever a provider names is a user, as in NextAuth.js without an adapter.
    package var accounts: AccountSettings?
    /// Limits on attempts to sign in; none where it is `nil`.
    package var attempts: AttemptSettings?
    /// What providers keep for some minutes; to be swept.
    package var secrets: (any ShortLivedSecrets)?
    /// Where it is kept at which provider a session was begun; without it nobody signs out there.
    package var providerSessions: (any ProviderSessions)?

    package init(
        policy: SessionPolicy = .consumer, adoption: Adoption = .always, touchInterval: Duration = .seconds(30),
        actorLimit: Int = 20_000, providers: [SignInProvider] = [], callbacks: Callbacks = Callbacks(),
        events: Events = Events(), lasting: LastingEvents? = nil, accounts: AccountSettings? = nil,
        attempts: AttemptSettings? = nil, secrets: (any ShortLivedSecrets)? = nil,
        providerSessions: (any ProviderSessions)? = nil
    ) {
        self.policy = policy
        self.adoption = adoption
        self.touchInterval = touchInterval
        self.actorLimit = actorLimit
        self.providers = providers
        self.callbacks = callbacks
        self.events = events
        self.lasting = lasting
        self.accounts = accounts
        self.attempts = attempts
        self.secrets = secrets
        self.providerSessions = providerSessions
    }
}

/// Whether NextAuth.js tokens are taken over.
public enum Adoption: Sendable, Hashable {
    case always
    case never
    /// Until then; afterwards they are refused.
    case until(Timestamp)

    package func accepts(at now: Timestamp) -> Bool {
        switch self {
        case .always: true
        case .never: false
        case .until(let end): now < end
        }
    }
}
