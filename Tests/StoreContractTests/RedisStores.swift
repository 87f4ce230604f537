import Foundation
import Logging
import RESP
import RedisClient
import TesseraCore
import TesseraRuntime
import Testing

@testable import TesseraRedis

/// Stores on a Redis that tests share, each under a prefix of its own.
enum RedisStores {
    /// Runs a client, makes an empty store on it, and lets a test use it.
    static func with(
        _ url: String, _ body: StoreCase.Body
    ) async throws {
        var configuration = try RedisConfiguration(url: url)
        // The machine that tests run on may be busy.
        configuration.commandTimeout = .seconds(20)
        let client = RedisClient(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let keys = try #require(Keyspace(prefix: "contract-\(UUID())", shards: Samples.shards))
        let node = try #require(NodeID("node"))
        var options = RedisSessionStore.Options()
        // So that every store's answer is the same, with replicas or without.
        options.replicationLimit = .zero
        // Long ago: no entry is dropped along the way.
        let clock = WallClock { Timestamp(milliseconds: 0) }
        try await withThrowingTaskGroup { group in
            group.addTask { try await client.run() }
            try await settle(client, keys, node, clock)
            try await body(
                RedisSessionStore(client: client, keys: keys, node: node, clock: clock, options: options),
                RedisOutbox(client: client, keys: keys))
            group.cancelAll()
        }
    }

    /// As a new deployment's first node does: nobody knows more than what is there.
    private static func settle(
        _ client: RedisClient, _ keys: Keyspace, _ node: NodeID, _ clock: WallClock
    ) async throws {
        let bus = RedisClusterBus(
            client: client, keys: keys, node: node, clock: clock, logger: Logger(label: "test"))
        for (primary, shards) in try await bus.calls.shardsByPrimary() {
            let reply = try await bus.calls.run(.identify, on: try #require(shards.first))
            let replication = ReplicationID(try #require(reply.string))
            try await bus.settle(BusLink(number: 1, primary: primary, replication: replication, shards: shards))
        }
    }
}
