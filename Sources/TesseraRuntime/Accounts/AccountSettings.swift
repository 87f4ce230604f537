package import JSON
public import TesseraCore
package import TesseraTokens

/// What signing in needs beyond sessions: where users live, and how what is theirs is sealed.
package struct AccountSettings: Sendable {
    /// Where users and accounts live.
    package let directory: any UserDirectory
    /// Seals providers' tokens.
    package let vault: AccountTokenVault
    /// Makes and recognises the tokens of links in e-mails.
    package let links: LinkTokens
    /// How long after signing in somebody may change his ways in.
    package let recentAuthentication: Duration
    /// Refreshes provider tokens, each once at a time on this node.
    package let refreshes: RefreshDesk<AccountKey, JSONObject>

    package init(
        directory: any UserDirectory, vault: AccountTokenVault, links: LinkTokens,
        recentAuthentication: Duration = .minutes(15)
    ) {
        self.directory = directory
        self.vault = vault
        self.links = links
        self.recentAuthentication = recentAuthentication
        refreshes = RefreshDesk()
    }
}

/// Limits on attempts to sign in, kept in the store so that they hold for all nodes together.
package struct AttemptSettings: Sendable {
    package let store: any AttemptStore
    package let links: LinkTokens
    package let limits: AttemptLimits

    package init(store: any AttemptStore, links: LinkTokens, limits: AttemptLimits = AttemptLimits()) {
        self.store = store
        self.links = links
        self.limits = limits
    }
}

/// How often somebody may try to sign in.
public struct AttemptLimits: Sendable, Hashable {
    /// Attempts with credentials from one network (an IPv4 address, or an IPv6 /64).
    public var perAddress: AttemptLimit
    /// Attempts with one identifier (a user name), wherever from. A success starts again from nothing.
    public var perIdentifier: AttemptLimit
    /// Returns from providers to one network: each may be several requests to a provider.
    public var returnsPerAddress: AttemptLimit
    /// E-mails to one recipient.
    public var mailsPerRecipient: AttemptLimit
    /// E-mails that one network asks for.
    public var mailsPerAddress: AttemptLimit

    public init(
        perAddress: AttemptLimit = AttemptLimit(burst: 50, interval: .seconds(12)),
        perIdentifier: AttemptLimit = AttemptLimit(burst: 10, interval: .seconds(60)),
        returnsPerAddress: AttemptLimit = AttemptLimit(burst: 200, interval: .seconds(1)),
        mailsPerRecipient: AttemptLimit = AttemptLimit(burst: 3, interval: .seconds(120)),
        mailsPerAddress: AttemptLimit = AttemptLimit(burst: 20, interval: .seconds(60))
    ) {
        self.perAddress = perAddress
        self.perIdentifier = perIdentifier
        self.returnsPerAddress = returnsPerAddress
        self.mailsPerRecipient = mailsPerRecipient
        self.mailsPerAddress = mailsPerAddress
    }
}
