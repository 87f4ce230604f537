internal import Logging
internal import RESP

/// One server, which is always where everything goes.
final class StandaloneTopology: RedisTopology {
    let changes: TopologyChanges
    private let address: RedisAddress
    private let pool: ConnectionPool

    init(address: RedisAddress, connector: Connector, telemetry: Telemetry, logger: Logger) {
        self.address = address
        let changes = TopologyChanges()
        self.changes = changes
        pool = ConnectionPool(
            address: address, connector: connector, requirement: .none, telemetry: telemetry, logger: logger
        ) { facts in
            // A server that is away may come back the same; what counts is who answers.
            guard let facts else { return }
            changes.publish([Self.primary(address, facts)])
        }
    }

    private static func primary(_ address: RedisAddress, _ facts: ServerFacts) -> RedisPrimary {
        RedisPrimary(id: address.description, address: address, replicationID: facts.replicationID)
    }

    func run() async {
        await pool.run()
        changes.finish()
    }

    func pool(for key: RedisKey?, _ timing: Timing) async throws(RedisError) -> ConnectionPool { pool }

    func redirection(
        after error: RedisServerError, from pool: ConnectionPool, key: RedisKey?, attempt: Int, _ timing: Timing
    ) async throws(RedisError) -> Redirection? { nil }

    func primaries(_ timing: Timing) async throws(RedisError) -> [RedisPrimary] {
        let connection = try await pool.connection(timing).get()
        return [Self.primary(address, connection.facts)]
    }

    func primary(for key: RedisKey, _ timing: Timing) async throws(RedisError) -> RedisPrimary {
        let connection = try await pool.connection(timing).get()
        return Self.primary(address, connection.facts)
    }

    func pool(of primary: RedisPrimary) throws(RedisError) -> ConnectionPool {
        guard primary.address == address else { throw RedisError(.notPrimary, "another server is used") }
        return pool
    }

    func subscriptionAddress(
        for channel: String, _ kind: RedisSubscription.Kind, _ timing: Timing
    ) async throws(RedisError) -> RedisAddress { address }

    func waitUntilMoved(_ channels: [String], _ kind: RedisSubscription.Kind, from address: RedisAddress) async {
        await Trigger().wait(after: 0)
    }

    func suspect(_ error: RedisError, at address: RedisAddress) {}

    var commandCount: Int { pool.commandCount }

    func drain() async { await pool.drain() }

    func close() { pool.close() }
}
