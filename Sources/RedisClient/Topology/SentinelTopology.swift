internal import Logging
internal import NIOCore
internal import RESP
internal import Synchronization

/// The primary that Sentinels name. Every Sentinel is asked by itself, twice a second and whenever the primary seems to
/// be lost, so that one that does not answer delays nothing; `SentinelView` decides whom to believe.
///
/// Commands go only to a server that says of itself that it is a primary. When the Sentinels name another one, the
/// connections to the one before are closed: it may be cut off and still think that it is the primary.
final class SentinelTopology: RedisTopology {
    private struct State {
        var view: SentinelView
        /// The Sentinels that are being asked.
        var followed: Set<RedisAddress> = []
        /// The primary's, and the only one: whoever wants a pool takes this one, and none is made elsewhere.
        var pool: ConnectionPool?
        var primary: RedisAddress? { pool?.address }
        /// Why there is none, once all Sentinels have been asked.
        var failure: RedisError?
    }

    private static let interval: Duration = .milliseconds(500)
    /// Between two questions to a Sentinel, however many reasons there are to ask.
    private static let shortestInterval: Duration = .milliseconds(20)

    let changes = TopologyChanges()
    private let name: String
    private let connector: Connector
    /// Changed under the lock of `state`, so that both always say the same.
    let pools: PoolSet
    private let logger: Logger
    private let state: Mutex<State>
    /// Fires when the Sentinels should be asked.
    private let isDue = Trigger()
    /// Fires when `State` changes.
    private let isNews = Trigger()
    private let found: AsyncStream<RedisAddress>
    private let find: AsyncStream<RedisAddress>.Continuation

    /// The connector for Sentinels has their credentials.
    init(
        sentinels: [RedisAddress], primaryName: String, connector: Connector, sentinelConnector: Connector,
        telemetry: Telemetry, logger: Logger
    ) {
        name = primaryName
        self.connector = sentinelConnector
        self.logger = logger
        pools = PoolSet(connector: connector, requirement: .primary, telemetry: telemetry, logger: logger)
        state = Mutex(State(view: SentinelView(configured: sentinels)))
        (found, find) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(SentinelView.limit))
        pools.observe { [weak self] address, facts in self?.serverChanged(address, facts) }
    }

    // MARK: Finding the primary

    func run() async {
        followNewSentinels()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.pools.run() }
            for await sentinel in found { group.addTask { await self.follow(sentinel) } }
            group.cancelAll()
        }
        changes.finish()
    }

    private func followNewSentinels() {
        let new = state.withLock { state in
            state.view.sentinels.filter { state.followed.insert($0).inserted }
        }
        for sentinel in new { find.yield(sentinel) }
    }

    /// Asks a Sentinel again and again, for as long as it is one.
    private func follow(_ sentinel: RedisAddress) async {
        var link = SentinelLink(sentinel, connector: connector)
        var random = SystemRandomNumberGenerator()
        var failures = 0
        while !Task.isCancelled, keepsFollowing(sentinel) {
            let seen = isDue.count
            let answer = await link.ask(about: name)
            if Task.isCancelled { break }
            take(answer, from: sentinel)
            failures = answer.isSuccess ? 0 : failures + 1
            // A cancelled sleep ends the loop.
            let rest = connector.configuration.backoff.delay(after: failures, using: &random)
            try? await Task.sleep(for: max(rest, Self.shortestInterval))
            if answer.isSuccess { await isDue.wait(after: seen, atMost: Self.interval * Double.random(in: 0.8...1)) }
        }
        link.close()
    }

    private func keepsFollowing(_ sentinel: RedisAddress) -> Bool {
        state.withLock { state in
            if state.view.sentinels.contains(sentinel) { return true }
            state.followed.remove(sentinel)
            return false
        }
    }

    func take(_ answer: Result<SentinelAnswer, RedisError>, from sentinel: RedisAddress) {
        let (found, removed, isChanged) = state.withLock { state in
            let (primary, failure) = (state.primary, state.failure)
            var removed: [ConnectionPool] = []
            switch state.view.take(answer, from: sentinel) {
            case .primary(let address): removed = use(address, &state)
            case .unknown(let error): state.failure = error
            case .undecided: break
            }
            let found = primary == state.primary ? nil : state.primary
            return (found, removed, found != nil || failure != state.failure)
        }
        followNewSentinels()
        if let found { logger.info("redis primary found", metadata: ["redis.address": "\(found)"]) }
        for pool in removed { pool.close(RedisError(.connectionLost, "another server is the primary now")) }
        if isChanged { isNews.fire() }
    }

    /// It connects from now on. The pools that are no longer used are returned, to be closed outside of the lock.
    private func use(_ address: RedisAddress, _ state: inout State) -> [ConnectionPool] {
        // A client that is closed needs no pool.
        guard let (pool, removed) = try? pools.replaceAll(with: address) else { return [] }
        (state.pool, state.failure) = (pool, nil)
        return removed
    }

    private func serverChanged(_ address: RedisAddress, _ facts: ServerFacts?) {
        guard let facts else { return isDue.fire() }
        changes.publish {
            let isPrimary = state.withLock { $0.primary == address }
            return isPrimary ? [primary(address, facts)] : nil
        }
    }

    private func primary(_ address: RedisAddress, _ facts: ServerFacts) -> RedisPrimary {
        RedisPrimary(id: address.description, address: address, replicationID: facts.replicationID)
    }

    // MARK: Where commands go

    func pool(for key: RedisKey?, _ timing: Timing) async throws(RedisError) -> ConnectionPool {
        try await isNews.waitFor(timing) { state.withLock { ($0.pool, $0.failure) } }
    }

    func redirection(
        after error: RedisServerError, from pool: ConnectionPool, key: RedisKey?, attempt: Int, _ timing: Timing
    ) async throws(RedisError) -> Redirection? {
        let advice = RedirectionAdvice(error, from: pool.address, attempt: attempt)
        switch advice.step {
        case .deliver, .follow: return nil
        case .retry: break
        }
        if advice.lesson != nil { suspect(RedisError(error, isScript: false), at: pool.address) }
        guard await timing.allows(advice.wait) else { return nil }
        return Redirection(try await self.pool(for: key, timing))
    }

    func primaries(_ timing: Timing) async throws(RedisError) -> [RedisPrimary] {
        let pool = try await pool(for: nil, timing)
        return [primary(pool.address, try await pool.connection(timing).get().facts)]
    }

    func primary(for key: RedisKey, _ timing: Timing) async throws(RedisError) -> RedisPrimary {
        try await primaries(timing)[0]
    }

    func pool(of primary: RedisPrimary) throws(RedisError) -> ConnectionPool {
        guard let pool = state.withLock({ $0.pool }), pool.address == primary.address else {
            throw RedisError(.notPrimary, "another server is the primary now")
        }
        return pool
    }

    // MARK: Subscriptions

    func subscriptionAddress(
        for channel: String, _ kind: RedisSubscription.Kind, _ timing: Timing
    ) async throws(RedisError) -> RedisAddress {
        try await pool(for: nil, timing).address
    }

    func suspect(_ error: RedisError, at address: RedisAddress) {
        isDue.fire()
        guard let kind = error.serverError?.kind, ["READONLY", "MASTERDOWN"].contains(kind) else { return }
        // The connections are made anew, and refused if the server is a replica now.
        for pool in pools.pools where pool.address == address {
            pool.reset(RedisError(.connectionLost, "the server is a replica now"))
        }
    }

    func waitUntilMoved(_ channels: [String], _ kind: RedisSubscription.Kind, from address: RedisAddress) async {
        await isNews.wait { state.withLock { $0.primary == address } }
    }

    // MARK: The end

    var commandCount: Int { pools.commandCount }

    func drain() async { await pools.drain() }

    func close() {
        pools.close()
        state.withLock { $0.failure = .closedClient }
        isNews.fire()
    }
}
