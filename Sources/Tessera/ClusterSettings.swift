package import TesseraRuntime

/// What holds for a node that shares its store with others.
public struct ClusterSettings: Sendable, Hashable {
    /// For how long a node may accept a token after its revocation has returned, whatever fails. Default: 2 seconds.
    public var maxStaleness: Duration
    /// For how long more a node accepts fresh tokens on what it knows while the store cannot be asked: availability,
    /// bought with a longer bound. Default: not at all.
    public var availabilityTime: Duration
    /// Where operators reach this node; only shown. Default: empty.
    public var address: String
    /// What this node leaves out, in tests that have to see it missed.
    package var missing: Set<KeeperProtection> = []

    public init(maxStaleness: Duration = .seconds(2), availabilityTime: Duration = .zero, address: String = "") {
        self.maxStaleness = maxStaleness
        self.availabilityTime = availabilityTime
        self.address = address
    }

    package var limits: MirrorLimits { MirrorLimits(maxStaleness: maxStaleness, extraTrust: availabilityTime) }

    /// What is wrong with these settings, in words.
    var problems: [String] {
        var problems: [String] = []
        if maxStaleness < .seconds(1) || maxStaleness > .seconds(60) {
            problems.append("cluster.maxStaleness must be between 1 and 60 seconds")
        }
        if availabilityTime < .zero || availabilityTime > .seconds(3600) {
            problems.append("cluster.availabilityTime must be between 0 and 3600 seconds")
        }
        return problems
    }
}
