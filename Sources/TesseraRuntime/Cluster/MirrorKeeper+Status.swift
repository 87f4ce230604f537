import TesseraCore

/// What a node knows of its cluster.
package struct ClusterStatus: Sendable {
    /// One link of this node.
    package struct Link: Sendable {
        package let primary: String
        package let replication: ReplicationID
        package let shards: Int
        /// `uniting`, `waiting`, `settling` or `following`.
        package let state: String
        package let watermarkAge: Duration?
    }

    package let links: [Link]
    /// The leases on one primary; `nil` where no primary could be asked.
    package let leases: [NodeLease]?
    package let propagation: PropagationTimes.Summary?
}

extension MirrorKeeper {
    /// The cluster as this node sees it. Asks one primary for the nodes.
    package func status() async -> ClusterStatus {
        let links = look { $0.openLinks }
        var leases: [NodeLease]?
        for kept in links where leases == nil { leases = try? await bus.members(on: kept.link).leases }
        let now = clock.reading()
        return ClusterStatus(
            links: links.map { kept in
                ClusterStatus.Link(
                    primary: kept.link.primary, replication: kept.link.replication, shards: kept.link.shards.count,
                    state: kept.phase.name, watermarkAge: kept.age(at: now))
            }, leases: leases?.sorted { $0.node < $1.node }, propagation: propagation.summary)
    }
}

extension KeptLink.Phase {
    fileprivate var name: String {
        switch self {
        case .uniting: "uniting"
        case .waiting: "waiting"
        case .settling: "settling"
        case .following: "following"
        }
    }
}
