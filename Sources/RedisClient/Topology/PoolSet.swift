internal import Logging
internal import RESP
internal import Synchronization

/// The pools of a topology, one for each address: made when they are first asked for, and running within `run`.
final class PoolSet: Sendable {
    /// Is told, from any thread, when a server was reached (what it said of itself) or lost.
    typealias Observer = @Sendable (RedisAddress, ServerFacts?) -> Void

    private struct State {
        var pools: [RedisAddress: ConnectionPool] = [:]
        /// Of each server that was reached, the last one known.
        var replicationIDs: [RedisAddress: String] = [:]
        var observer: Observer?
        var isClosed = false
    }

    /// More servers than any cluster has: addresses come from servers, which may be wrong.
    static let limit = 1024

    private let connector: Connector
    private let requirement: ConnectionPool.Requirement
    private let telemetry: Telemetry
    private let logger: Logger
    private let state = Mutex(State())
    private let started: AsyncStream<ConnectionPool>
    private let start: AsyncStream<ConnectionPool>.Continuation

    init(
        connector: Connector, requirement: ConnectionPool.Requirement, telemetry: Telemetry, logger: Logger
    ) {
        self.connector = connector
        self.requirement = requirement
        self.telemetry = telemetry
        self.logger = logger
        (started, start) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.limit))
    }

    /// Before `run`, once.
    func observe(_ observer: @escaping Observer) {
        state.withLock { $0.observer = observer }
    }

    /// Runs the pools until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await pool in started { group.addTask { await pool.run() } }
            group.cancelAll()
        }
    }

    /// The pool of an address, which begins to connect if it is new.
    func pool(at address: RedisAddress) throws(RedisError) -> ConnectionPool {
        let result: Result<(pool: ConnectionPool, isNew: Bool), RedisError> = state.withLock { state in
            if state.isClosed { return .failure(.closedClient) }
            if let pool = state.pools[address] { return .success((pool, false)) }
            guard state.pools.count < Self.limit else {
                return .failure(RedisError(.noPrimary, "the servers name too many servers"))
            }
            let pool = makePool(address)
            state.pools[address] = pool
            return .success((pool, true))
        }
        let (pool, isNew) = try result.get()
        if isNew { start.yield(pool) }
        return pool
    }

    /// Makes an address the only one that has a pool. Those of others are no longer found here, and are to be closed by
    /// the caller. Throws once the set is closed.
    func replaceAll(with address: RedisAddress) throws(RedisError) -> (pool: ConnectionPool, removed: [ConnectionPool])
    {
        let result: Result<(ConnectionPool, [ConnectionPool], Bool), RedisError> = state.withLock { state in
            if state.isClosed { return .failure(.closedClient) }
            let known = state.pools.removeValue(forKey: address)
            let removed = Array(state.pools.values)
            let pool = known ?? makePool(address)
            state.pools = [address: pool]
            state.replicationIDs = state.replicationIDs.filter { $0.key == address }
            return .success((pool, removed, known == nil))
        }
        let (pool, removed, isNew) = try result.get()
        if isNew { start.yield(pool) }
        return (pool, removed)
    }

    private func makePool(_ address: RedisAddress) -> ConnectionPool {
        ConnectionPool(
            address: address, connector: connector, requirement: requirement, telemetry: telemetry, logger: logger
        ) { [weak self] facts in
            self?.changed(address, facts)
        }
    }

    private func changed(_ address: RedisAddress, _ facts: ServerFacts?) {
        let observer = state.withLock { state in
            if let id = facts?.replicationID, state.pools[address] != nil { state.replicationIDs[address] = id }
            return state.observer
        }
        observer?(address, facts)
    }

    /// The `master_replid` that a server had when it was last connected to.
    func replicationID(at address: RedisAddress) -> String? {
        let (pool, last) = state.withLock { ($0.pools[address], $0.replicationIDs[address]) }
        // Whoever waited for a connection may come before `changed`.
        return pool?.facts?.replicationID ?? last
    }

    /// The pools that there are.
    var pools: [ConnectionPool] { state.withLock { Array($0.pools.values) } }

    /// Ends a pool; its commands under way fail with this error.
    func remove(_ address: RedisAddress, _ error: RedisError) {
        let pool = state.withLock { state in
            state.replicationIDs.removeValue(forKey: address)
            return state.pools.removeValue(forKey: address)
        }
        pool?.close(error)
    }

    var commandCount: Int { pools.reduce(0) { $0 + $1.commandCount } }

    /// Takes no more commands, and returns when those under way are answered.
    func drain() async {
        let pools = shut()
        await withDiscardingTaskGroup { group in
            for pool in pools { group.addTask { await pool.drain() } }
        }
    }

    /// Refuses everything, at once.
    func close() {
        for pool in shut() { pool.close() }
    }

    private func shut() -> [ConnectionPool] {
        state.withLock { state in
            state.isClosed = true
            return Array(state.pools.values)
        }
    }
}
