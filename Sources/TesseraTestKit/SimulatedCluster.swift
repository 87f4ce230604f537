import Synchronization
package import TesseraCore
package import TesseraRuntime

/// A store of several nodes in memory, with one primary or several, and with the faults of a network: connections that
/// break with what was under way, nodes cut off, failovers that lose acknowledged writes, isolated old primaries.
///
/// Nothing happens by itself: a test moves the clock, and has each node take what was published for it.
package final class SimulatedCluster: Sendable {
    /// What the store leaves out, by tests that have to see it missed.
    package enum Protection: Sendable, Hashable, CaseIterable {
        /// Answering only from settled shards.
        case settledAnswers
        /// Answering only where it could write.
        case writableAnswers
    }

    package let clock: ManualClock
    package let shards: Shards
    package let missing: Set<Protection>
    private let groups: Int
    private let state: Mutex<State>

    private struct State {
        /// The present primary of each group of shards.
        var primaries: [SimulatedServer] = []
        var lastNumber: UInt64 = 0

        mutating func number() -> UInt64 {
            lastNumber += 1
            return lastNumber
        }
    }

    /// - Parameters:
    ///   - groups: the number of primaries; shard n is on primary n modulo that.
    ///   - isNew: whether it was never used; otherwise it is settled.
    package init(
        clock: ManualClock, shards: Shards, groups: Int = 1, missing: Set<Protection> = [], isNew: Bool = false
    ) {
        self.clock = clock
        self.shards = shards
        self.groups = groups
        self.missing = missing
        state = Mutex(State())
        for group in 0..<groups {
            let server = makeServer(group, SimulatedServer.Data())
            state.withLock { $0.primaries.append(server) }
            guard !isNew else { continue }
            let used = self.shards(of: group)
            _ = server.write { data in
                for shard in used { data.settled[shard] = server.replication }
                return ((), [])
            }
        }
    }

    private func makeServer(_ group: Int, _ data: SimulatedServer.Data) -> SimulatedServer {
        let number = state.withLock { $0.number() }
        return SimulatedServer(
            name: "primary-\(group)-\(number)", replication: ReplicationID("history-\(number)"), data: data,
            clock: clock)
    }

    func nextLinkNumber() -> UInt64 { state.withLock { $0.number() } }

    /// The present primaries, by group.
    package var primaries: [SimulatedServer] { state.withLock { $0.primaries } }

    func group(of shard: Int) -> Int { shard % groups }

    /// The shards of a group.
    func shards(of group: Int) -> [Int] { shards.all.filter { $0 % groups == group } }

    /// Promotes a replica: what was not replicated is gone. The old primary lives on for whoever still reaches it.
    @discardableResult
    package func failOver(_ group: Int) -> SimulatedServer {
        let old = primaries[group]
        let promoted = makeServer(group, old.replica)
        state.withLock { $0.primaries[group] = promoted }
        return old
    }

    /// Ends a primary and starts it again, with all that it had or with nothing.
    package func restart(_ group: Int, keepingData: Bool) {
        let old = primaries[group]
        let new = makeServer(group, keepingData ? old.data : SimulatedServer.Data())
        state.withLock { $0.primaries[group] = new }
        old.disconnectAll()
    }

    /// A node's way to this cluster.
    package func connect(_ node: NodeID) -> SimulatedConnection { SimulatedConnection(cluster: self, node: node) }

    /// Whether the present primary of a fact's shard has it on its blocklist, or as an epoch.
    package func holds(_ fact: EndedFact, shard: Int) -> Bool {
        primaries[group(of: shard)].data.tables.revocations(at: Timestamp(milliseconds: .min))
            .contains { $0.fact == fact }
    }

    /// A user's record as the present primary has it.
    package func record(of user: UserID) -> UserRecord {
        primaries[group(of: shards.shard(of: user))].data.tables.load(user)
    }
}
