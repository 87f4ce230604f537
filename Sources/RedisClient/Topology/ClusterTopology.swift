internal import Logging
internal import NIOCore
internal import RESP
internal import Synchronization

/// The primaries of a cluster, each with its slots.
///
/// One task asks for the slots: at first, now and then, and soon after anything hints that they have changed. Between
/// two questions is a pause, so that a thousand commands that are sent elsewhere at once ask once.
final class ClusterTopology: RedisTopology {
    private struct State {
        var map: ClusterMap?
        /// Counts failovers and moves of slots: the number that the server knew of which gave the map.
        var epoch = 0
        /// Why there is no map.
        var failure: RedisError?
        /// Whom a redirection named since the slots were asked for: the new primary of a slot is the first to know.
        var named: RedisAddress?
        /// Counts redirections that changed the map.
        var lessons = 0
        /// Pools of servers that have no slots, and how many questions ago they were first seen so.
        var strangers: [RedisAddress: Int] = [:]
    }

    /// Between two questions when nothing hints at a change; and when a server is lost, or slots have no server.
    private static let interval: Duration = .seconds(5)
    private static let shortInterval: Duration = .milliseconds(250)
    /// Between two questions, however many reasons there are to ask.
    private static let shortestInterval: Duration = .milliseconds(50)

    let changes = TopologyChanges()
    private let seeds: [RedisAddress]
    private let connector: Connector
    private let pools: PoolSet
    private let logger: Logger
    private let state = Mutex(State())
    /// Fires when the slots should be asked for.
    private let isDue = Trigger()
    /// Fires when `State` changes.
    private let isNews = Trigger()

    init(seeds: [RedisAddress], connector: Connector, telemetry: Telemetry, logger: Logger) {
        self.seeds = seeds
        self.connector = connector
        self.logger = logger
        pools = PoolSet(connector: connector, requirement: .none, telemetry: telemetry, logger: logger)
        pools.observe { [weak self] _, facts in self?.serverChanged(facts) }
    }

    private var map: ClusterMap? { state.withLock { $0.map } }

    // MARK: Keeping the map

    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.pools.run() }
            await keepMap()
            group.cancelAll()
        }
        changes.finish()
    }

    private func keepMap() async {
        var random = SystemRandomNumberGenerator()
        var failures = 0
        while !Task.isCancelled {
            let seen = isDue.count
            failures = await refresh() ? 0 : failures + 1
            let rest = connector.configuration.backoff.delay(after: failures, using: &random)
            // A cancelled sleep ends the loop.
            try? await Task.sleep(for: max(rest, Self.shortestInterval))
            let interval = isSettled ? Self.interval : Self.shortInterval
            if failures == 0 { await isDue.wait(after: seen, atMost: interval * Double.random(in: 0.8...1)) }
        }
    }

    /// Whether every slot has a server, and every server is connected.
    private var isSettled: Bool {
        guard let map else { return false }
        let connected = Set(pools.pools.filter { $0.facts != nil }.map(\.address))
        return map.isComplete && map.nodes.allSatisfy { connected.contains($0.address) }
    }

    /// Asks one server after the other until one answers that knows as much as the one before it. Where none does, the
    /// cluster was set up anew, and the one that knows most is believed. Whether there was an answer.
    private func refresh() async -> Bool {
        var failure = RedisError(.unavailable, "no server of the cluster answers")
        var best: ClusterAnswer?
        let lessons = state.withLock { $0.lessons }
        for address in candidates() where !Task.isCancelled {
            do throws(RedisError) {
                let answer = try await ask(address)
                if answer.epoch > best?.epoch ?? -1 { best = answer }
                if answer.epoch >= state.withLock({ $0.epoch }) { break }
            } catch {
                failure = error
            }
        }
        if Task.isCancelled { return false }
        if let best {
            adopt(best, after: lessons)
            return true
        }
        state.withLock { $0.failure = failure }
        isNews.fire()
        return false
    }

    /// Whom to ask, best first: servers that are connected, at random, so that one that is wrong is not asked always;
    /// but before them who was named by a redirection, since the others may not have heard of it yet.
    private func candidates() -> [RedisAddress] {
        let (map, named) = state.withLock { ($0.map, $0.named.take()) }
        let known = (map?.nodes ?? []).map(\.address).shuffled()
        let connected = Set(pools.pools.filter { $0.facts != nil }.map(\.address))
        var ordered = known.filter(connected.contains)
        if let named, let index = ordered.firstIndex(of: named) { ordered.swapAt(0, index) }
        return ordered + known.filter { !connected.contains($0) } + seeds.filter { !known.contains($0) }
    }

    private func ask(_ address: RedisAddress) async throws(RedisError) -> ClusterAnswer {
        let now = MonotonicTime.now()
        let (connecting, answering) = (connector.configuration.connectTimeout, connector.configuration.commandTimeout)
        let isConnected = try pools.pool(at: address).facts != nil
        let limit = isConnected ? answering : connecting + answering
        let timing = Timing(submitted: now, deadline: now.advanced(by: limit), allowance: limit)
        let replies = try await pools.pool(at: address).send(batch: ClusterAnswer.questions, timing).get()
        return try ClusterAnswer(replies, askedAt: address)
    }

    /// Takes an answer to a question that was asked after so many lessons.
    private func adopt(_ answer: ClusterAnswer, after lessons: Int) {
        let map = answer.map
        let addresses = Set(map.nodes.map(\.address))
        let others = pools.pools.filter { !addresses.contains($0.address) }
        let (isNew, unwanted) = state.withLock { state -> (Bool, [RedisAddress]) in
            // A redirection that came meanwhile is newer, and has asked for another answer.
            guard state.lessons == lessons else { return (false, []) }
            let isNew = state.map != map
            (state.map, state.failure) = (map, nil)
            if answer.epoch != .max { state.epoch = answer.epoch }
            return (isNew, Self.unwanted(others, &state))
        }
        // They connect from now on. A client that is closed needs none.
        for address in addresses { _ = try? pools.pool(at: address) }
        for address in unwanted { pools.remove(address, RedisError(.connectionLost, "the server has no slots")) }
        guard isNew else { return }
        logger.info("redis cluster found", metadata: ["redis.primaries": "\(map.nodes.count)"])
        publish()
        isNews.fire()
    }

    /// The servers without slots that can go: a slot on its way to a server begins with commands there, so they get
    /// some time, and the end of what is under way.
    private static func unwanted(_ others: [ConnectionPool], _ state: inout State) -> [RedisAddress] {
        var strangers: [RedisAddress: Int] = [:]
        for pool in others { strangers[pool.address] = (state.strangers[pool.address] ?? 0) + 1 }
        state.strangers = strangers
        return others.filter { strangers[$0.address, default: 0] > 2 && $0.commandCount == 0 }.map(\.address)
    }

    private func learn(_ lesson: RedirectionAdvice.Lesson?) {
        switch lesson {
        case .moved(let slot, let address):
            let isNew = state.withLock { state in
                let before = state.map
                state.map?.move(slot: slot, to: address)
                state.named = address
                if before == state.map { return false }
                state.lessons += 1
                return true
            }
            if isNew {
                publish()
                isNews.fire()
            }
        case .outdated: break
        case nil: return
        }
        isDue.fire()
    }

    private func serverChanged(_ facts: ServerFacts?) {
        if facts == nil { isDue.fire() } else { publish() }
    }

    private func publish() {
        changes.publish { map?.nodes.map(primary) }
    }

    private func primary(_ node: ClusterMap.Node) -> RedisPrimary {
        RedisPrimary(
            id: node.id, address: node.address, replicationID: pools.replicationID(at: node.address),
            slots: node.slots)
    }

    // MARK: Where commands go

    func pool(for key: RedisKey?, _ timing: Timing) async throws(RedisError) -> ConnectionPool {
        guard let key else { return try await anyPool(timing) }
        return try pools.pool(at: try await owner(of: HashSlot.of(key), timing).address)
    }

    private func anyPool(_ timing: Timing) async throws(RedisError) -> ConnectionPool {
        let addresses = try await knownMap(timing).nodes.map(\.address)
        let connected = pools.pools.filter { $0.facts != nil && addresses.contains($0.address) }
        if let pool = connected.randomElement() { return pool }
        guard let address = addresses.randomElement() else { throw Self.nobody }
        return try pools.pool(at: address)
    }

    private static let nobody = RedisError(.noPrimary, "no server of the cluster has this slot")

    /// Who has a slot. Where nobody has it, the servers are asked once more.
    private func owner(of slot: Int, _ timing: Timing) async throws(RedisError) -> ClusterMap.Node {
        if let node = try await knownMap(timing).owner(of: slot) { return node }
        let seen = isNews.count
        isDue.fire()
        await isNews.wait(after: seen, atMost: min(timing.rest, Self.shortInterval))
        guard let node = try await knownMap(timing).owner(of: slot) else { throw Self.nobody }
        return node
    }

    private func knownMap(_ timing: Timing) async throws(RedisError) -> ClusterMap {
        try await isNews.waitFor(timing) { state.withLock { ($0.map, $0.failure) } }
    }

    func redirection(
        after error: RedisServerError, from pool: ConnectionPool, key: RedisKey?, attempt: Int, _ timing: Timing
    ) async throws(RedisError) -> Redirection? {
        let advice = RedirectionAdvice(error, from: pool.address, attempt: attempt)
        learn(advice.lesson)
        switch advice.step {
        case .deliver:
            return nil
        case .follow(let address, let asking):
            guard await timing.allows(advice.wait) else { return nil }
            return Redirection(try pools.pool(at: address), isAsking: asking)
        case .retry:
            guard await timing.allows(advice.wait) else { return nil }
            return Redirection(try await self.pool(for: key, timing))
        }
    }

    // MARK: Primaries

    func primaries(_ timing: Timing) async throws(RedisError) -> [RedisPrimary] {
        let map = try await knownMap(timing)
        // So that each is known by what it says of itself; one that is away is known as it was.
        await withDiscardingTaskGroup { group in
            for node in map.nodes {
                guard let pool = try? pools.pool(at: node.address) else { continue }
                group.addTask { _ = await pool.connection(timing) }
            }
        }
        return map.nodes.map(primary)
    }

    func primary(for key: RedisKey, _ timing: Timing) async throws(RedisError) -> RedisPrimary {
        let node = try await owner(of: HashSlot.of(key), timing)
        _ = try await pools.pool(at: node.address).connection(timing).get()
        return primary(node)
    }

    func pool(of primary: RedisPrimary) throws(RedisError) -> ConnectionPool {
        guard let node = map?.nodes.first(where: { $0.id == primary.id }) else {
            throw RedisError(.notPrimary, "the server is no primary with slots")
        }
        return try pools.pool(at: node.address)
    }

    // MARK: Subscriptions

    func subscriptionAddress(
        for channel: String, _ kind: RedisSubscription.Kind, _ timing: Timing
    ) async throws(RedisError) -> RedisAddress {
        switch kind {
        case .plain: try await anyPool(timing).address
        case .sharded: try await owner(of: HashSlot.of(RedisKey(channel)), timing).address
        }
    }

    func suspect(_ error: RedisError, at address: RedisAddress) {
        let lesson = error.serverError.flatMap { RedirectionAdvice($0, from: address, attempt: 1).lesson }
        learn(lesson ?? .outdated)
    }

    func waitUntilMoved(_ channels: [String], _ kind: RedisSubscription.Kind, from address: RedisAddress) async {
        await isNews.wait { map?.serves(channels, kind, at: address) ?? false }
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
