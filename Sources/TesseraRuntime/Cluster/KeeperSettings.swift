/// How a node keeps its mirror.
package struct KeeperSettings: Sendable, Hashable {
    package let node: NodeID
    /// How often a node beats on every primary.
    package var heartbeat: Duration
    package var limits: MirrorLimits
    /// How long a lease counts after it was written: longer than any trust that its node draws from that beat, so that
    /// who has no lease trusts nothing.
    package var leaseTime: Duration
    /// How often a node looks who the others are.
    package var membersInterval: Duration
    /// Of how many shards a blocklist is read at a time.
    package var unionsAtOnce = 4
    /// What is left out, by tests that have to see it missed.
    package var missing: Set<KeeperProtection> = []

    package init(node: NodeID, heartbeat: Duration = .milliseconds(500), limits: MirrorLimits = MirrorLimits()) {
        self.node = node
        self.heartbeat = heartbeat
        self.limits = limits
        self.leaseTime = limits.bound + .seconds(3)
        self.membersInterval = heartbeat * 4
    }
}

/// The steps that keep the promises, by name: a test leaves one out, and has to find the promise broken.
package enum KeeperProtection: String, Sendable, Hashable, CaseIterable {
    /// Reading the whole blocklist after subscribing.
    case reading
    /// Writing back what only this node knows.
    case writingBack
    /// Waiting for the beat on the node's own subscription, rather than for the store's answer to it.
    case ownBeat
    /// Waiting, after a failover, until every node has brought what it knows.
    case settling
}
