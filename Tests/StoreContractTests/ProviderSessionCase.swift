import Foundation
import Logging
import RedisClient
import RedisServers
import TesseraCore
import TesseraRedis
import TesseraRuntime
import TesseraSQLite
import TesseraTestKit
import Testing

/// What knows where sessions were begun, that the contract is checked on: makes one, lets a test use it, and takes it
/// down.
struct ProviderSessionCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    private let scope: @Sendable (_ body: @Sendable (any ProviderSessions) async throws -> Void) async throws -> Void

    /// Runs a test on a new, empty one.
    func with(_ body: @Sendable (any ProviderSessions) async throws -> Void) async throws { try await scope(body) }

    static let all = [memory, sqlite, redis, redisCluster]

    static let memory = ProviderSessionCase(testDescription: "in memory") { try await $0(InMemoryProviderSessions()) }

    static let sqlite = ProviderSessionCase(testDescription: "SQLite") { body in
        let store = try await SQLiteSessionStore.inMemory()
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(SQLiteProviderSessions(store: store)))
        } catch {
            result = .failure(error)
        }
        try await store.close()
        try result.get()
    }

    static let redis = ProviderSessionCase(testDescription: "Redis") { body in
        try await onRedis(SharedServers.standalone.value.url, body)
    }

    static let redisCluster = ProviderSessionCase(testDescription: "Redis Cluster") { body in
        try await onRedis(SharedServers.cluster.value.url, body)
    }

    private static func onRedis(
        _ url: String, _ body: @Sendable (any ProviderSessions) async throws -> Void
    ) async throws {
        var configuration = try RedisConfiguration(url: url)
        // The machine that tests run on may be busy.
        configuration.commandTimeout = .seconds(20)
        let client = RedisClient(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let keys = try #require(Keyspace(prefix: "provider-\(UUID())", shards: Samples.shards))
        try await withThrowingTaskGroup { group in
            group.addTask { try await client.run() }
            try await body(RedisProviderSessions(client: client, keys: keys))
            group.cancelAll()
        }
    }
}
