package import TesseraRuntime

/// How a node behaves among others; without others none of it matters.
public struct ClusterSettings: Sendable, Hashable {
    /// How long a node may accept what another one has revoked, whatever fails in between: once it has not been able to
    /// hear for so long, it asks the store.
    public var maxStaleness: Duration
    /// For how long after that a node that cannot ask the store either goes on accepting what it knows to be good:
    /// availability, bought with a longer bound. Zero: it answers 503.
    public var extraTrust: Duration
    /// Where operators reach this node; shown in the list of nodes. May be empty.
    public var address: String

    public init(maxStaleness: Duration = .seconds(2), extraTrust: Duration = .zero, address: String = "") {
        self.maxStaleness = maxStaleness
        self.extraTrust = extraTrust
        self.address = address
    }

    /// What is wrong with these settings, in words.
    var problems: [String] {
        var problems: [String] = []
        if maxStaleness < .seconds(1) || maxStaleness > .minutes(5) {
            problems.append("cluster.maxStaleness must be between 1 second and 5 minutes")
        }
        if extraTrust < .zero || extraTrust > .hours(24) {
            problems.append("cluster.extraTrust must be between 0 and 24 hours")
        }
        return problems
    }

    package var limits: MirrorLimits { MirrorLimits(maxStaleness: maxStaleness, extraTrust: extraTrust) }
}
