import RESP
import RedisServers
import Testing

@testable import RedisClient

/// A client of Sentinels that does not run: it connects to nothing, and the test says what the Sentinels answer.
@Suite("The pool of a primary that Sentinels name")
struct SentinelTopologyTests {
    private let client: RedisClient
    private let topology: SentinelTopology
    private let sentinel = RedisAddress.host("10.0.0.1", port: 26_379)

    init() throws {
        let deployment = RedisConfiguration.Deployment.sentinel(sentinels: [sentinel], primaryName: "main")
        client = RedisClient(RedisConfiguration(deployment), logger: .silent)
        topology = try #require(client.topology as? SentinelTopology)
    }

    private func server(_ number: Int) -> RedisAddress { .host("10.0.1.\(number)", port: 6379) }

    private func name(_ number: Int) {
        topology.take(.success(SentinelAnswer(primary: server(number), epoch: 0, others: [])), from: sentinel)
    }

    @Test("is the only one, however often the primary changes")
    func one() async throws {
        for number in [1, 1, 2, 1, 3] {
            name(number)
            let pool = try await topology.pool(for: "a", client.timing(nil))
            #expect(pool.address == server(number))
            #expect(topology.pools.pools.map(\.address) == [server(number)])
        }
        // Whoever still knows an old primary does not bring its pool back.
        let old = RedisPrimary(id: "1", address: server(1), replicationID: nil)
        #expect(throws: RedisError.self) { try topology.pool(of: old) }
        #expect(topology.pools.pools.count == 1)
    }

    @Test("is the only one, also where the primary changes while many ask for it")
    func concurrency() async throws {
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask { for round in 0..<200 { name(1 + (task + round) % 3) } }
                group.addTask {
                    for _ in 0..<200 { _ = try? await topology.pool(for: nil, client.timing(nil)) }
                }
            }
        }
        let pool = try await topology.pool(for: nil, client.timing(nil))
        #expect(topology.pools.pools.count == 1 && topology.pools.pools.first === pool)
    }

    @Test("takes the commands that were not yet written to the old primary")
    func unwritten() async throws {
        name(1)
        async let asking = failure { () async throws(RedisError) in
            try await client.execute(RedisCommand("PING"), timeout: .seconds(30))
        }
        let first = try await topology.pool(for: nil, client.timing(nil))
        try await eventually("it waits") { first.commandCount == 1 }
        name(2)
        let second = try await topology.pool(for: nil, client.timing(nil))
        try await eventually("it waits for the other") { second.commandCount == 1 }
        topology.close()
        #expect(await asking?.code == .closed)
    }
}
