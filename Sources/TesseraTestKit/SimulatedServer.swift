import Synchronization
import TesseraCore
package import TesseraRuntime

/// One server of a simulated store: data, leases, subscriptions. Its state is the cluster's; see `SimulatedCluster`.
package final class SimulatedServer: Sendable {
    /// What a replica has of a server, or a file.
    struct Data: Sendable {
        var tables = MemoryTables()
        var settled: [Int: ReplicationID] = [:]
        /// Shards that answer although nobody has declared them settled.
        var begun: Set<Int> = []
        var leases: [NodeID: (lease: NodeLease, until: Duration)] = [:]

        /// In which replication a shard was last declared settled.
        func settledIn(_ shard: Int) -> ReplicationID? { begun.contains(shard) ? nil : settled[shard] }
    }

    private struct State {
        var data: Data
        /// What was replicated.
        var replica: Data
        var isReplicated = true
        /// By the steady clock: afterwards it takes no writes. `nil` for always.
        var writableUntil: Duration?
        /// Where what is published goes.
        var subscribers: [NodeID: SimulatedQueue] = [:]
    }

    package let name: String
    package let replication: ReplicationID
    private let clock: ManualClock
    private let state: Mutex<State>

    init(name: String, replication: ReplicationID, data: Data, clock: ManualClock) {
        self.name = name
        self.replication = replication
        self.clock = clock
        state = Mutex(State(data: data, replica: data))
    }

    /// What a failover would bring back.
    var replica: Data { state.withLock { $0.replica } }
    /// What a restart from a file brings back.
    var data: Data { state.withLock { $0.data } }

    /// Who has a lease.
    package var members: [NodeID] {
        state.withLock { state in state.data.leases.filter { $0.value.until > clock.steady }.keys.sorted() }
    }

    /// Cuts the link to the replica: what is written from now on is lost in a failover.
    package func cutReplica() { state.withLock { $0.isReplicated = false } }

    /// Lets it take writes for some time more, as one that has lost its replicas.
    package func refuseWrites(after time: Duration) {
        state.withLock { $0.writableUntil = clock.steady + time }
    }

    var isWritable: Bool { state.withLock { isWritable($0) } }

    private func isWritable(_ state: State) -> Bool { state.writableUntil.map { clock.steady < $0 } ?? true }

    /// One atomic step, with what it publishes; `nil` where it may not write.
    func write<Value>(_ body: (inout Data) -> (Value, [Published])) -> Value? {
        state.withLock { state in
            guard isWritable(state) else { return nil }
            let steady = clock.steady
            state.data.leases = state.data.leases.filter { $0.value.until > steady }
            let (value, published) = body(&state.data)
            if state.isReplicated { state.replica = state.data }
            for message in published {
                for (node, queue) in state.subscribers where message.recipient ?? node == node {
                    queue.append(message.message)
                }
            }
            return value
        }
    }

    /// Something published: to one node's channel, or to all.
    struct Published {
        var recipient: NodeID?
        let message: BusMessage
    }

    func subscribe(_ node: NodeID, _ queue: SimulatedQueue) { state.withLock { $0.subscribers[node] = queue } }

    /// Ends all connections: the server is gone.
    package func disconnectAll() {
        let queues = state.withLock { state in
            defer { state.subscribers = [:] }
            return Array(state.subscribers.values)
        }
        for queue in queues { queue.breakOff() }
    }
}

/// What a connection has under way to one node. Messages are lost only together with the connection.
final class SimulatedQueue: Sendable {
    private struct State {
        var messages: [BusMessage] = []
        var isBroken = false
    }

    let link: BusLink
    let server: SimulatedServer
    private let state = Mutex(State())

    init(link: BusLink, server: SimulatedServer) {
        self.link = link
        self.server = server
    }

    var isBroken: Bool { state.withLock { $0.isBroken } }

    func append(_ message: BusMessage) {
        state.withLock { if !$0.isBroken { $0.messages.append(message) } }
    }

    func next() -> BusMessage? {
        state.withLock { $0.messages.isEmpty ? nil : $0.messages.removeFirst() }
    }

    /// Breaks the connection, after the first `delivered` of what is under way.
    func breakOff(after delivered: Int = 0) {
        state.withLock { state in
            state.isBroken = true
            state.messages = Array(state.messages.prefix(delivered))
        }
    }
}
