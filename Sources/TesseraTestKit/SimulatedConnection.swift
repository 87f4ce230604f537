import Synchronization
import TesseraCore
package import TesseraRuntime

/// A node's connections to a simulated cluster: its store and its bus, with faults of this node alone.
package final class SimulatedConnection: Sendable {
    private struct State {
        var queues: [Int: SimulatedQueue] = [:]
        /// The servers that this node reaches in place of the present primaries.
        var stuckWith: [Int: SimulatedServer] = [:]
        var areCommandsCut = false
        var isBusCut = false
        /// Whether the connection looks alive, but nothing comes through any more.
        var isBusSilent = false
        /// Losses to be told.
        var lost: [BusLink] = []
    }

    package let cluster: SimulatedCluster
    package let node: NodeID
    private let state = Mutex(State())

    init(cluster: SimulatedCluster, node: NodeID) {
        self.cluster = cluster
        self.node = node
    }

    // MARK: Faults

    /// Cuts the node off from commands, from the bus, or both; or heals it.
    package func cut(commands: Bool, bus: Bool) {
        state.withLock { state in
            state.areCommandsCut = commands
            state.isBusCut = bus
        }
        if bus { breakBus() }
    }

    /// Whether anything of it is cut.
    package var isCut: Bool { state.withLock { $0.areCommandsCut || $0.isBusCut } }

    /// Breaks the subscriptions, after some of what is under way was delivered.
    package func breakBus(after delivered: Int = 0) {
        for queue in state.withLock({ Array($0.queues.values) }) { queue.breakOff(after: delivered) }
    }

    /// Lets the subscription stand, and nothing come through it.
    package func silenceBus(_ isSilent: Bool) { state.withLock { $0.isBusSilent = isSilent } }

    /// Keeps the node with an old primary, as on the wrong side of a partition; `nil` lets it go.
    package func stick(to server: SimulatedServer?, group: Int) {
        state.withLock { $0.stuckWith[group] = server }
    }

    // MARK: Ways

    private func reachedServer(_ group: Int) -> SimulatedServer {
        state.withLock { $0.stuckWith[group] } ?? cluster.primaries[group]
    }

    func server(for shard: Int) throws(StoreError) -> SimulatedServer {
        if state.withLock({ $0.areCommandsCut }) { throw StoreError(.unavailable, "cut off") }
        return reachedServer(cluster.group(of: shard))
    }

    /// The server of a link, while it is still the primary as this node sees it.
    func server(of link: BusLink) throws(StoreError) -> SimulatedServer {
        let server = try server(for: link.shards.first ?? 0)
        guard server.replication == link.replication else { throw StoreError(.unavailable, "not that primary") }
        return server
    }

    // MARK: Delivery

    /// Notices what has happened to connections, opens new ones, and hands on at most `limit` messages of each.
    package func pump(limit: Int = .max, _ deliver: @Sendable (BusEvent) async -> Void) async {
        let groups = Set(cluster.shards.all.map(cluster.group(of:))).sorted()
        for group in groups {
            if let queue = state.withLock({ $0.queues[group] }) {
                await take(limit, from: queue, group, deliver)
            } else if !state.withLock({ $0.isBusCut }) {
                await deliver(.opened(subscribe(group)))
            }
        }
    }

    private func take(
        _ limit: Int, from queue: SimulatedQueue, _ group: Int, _ deliver: @Sendable (BusEvent) async -> Void
    ) async {
        if queue.server !== reachedServer(group) { queue.breakOff() }
        var count = 0
        while count < limit, !state.withLock({ $0.isBusSilent }), let message = queue.next() {
            await deliver(.message(message, queue.link))
            count += 1
        }
        guard queue.isBroken, count < limit else { return }
        state.withLock { $0.queues[group] = nil }
        await deliver(.lost(queue.link))
    }

    private func subscribe(_ group: Int) -> BusLink {
        let server = reachedServer(group)
        let link = BusLink(
            number: cluster.nextLinkNumber(), primary: server.name, replication: server.replication,
            shards: cluster.shards(of: group))
        let queue = SimulatedQueue(link: link, server: server)
        state.withLock { $0.queues[group] = queue }
        server.subscribe(node, queue)
        return link
    }
}
