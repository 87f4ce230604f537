import Foundation
import RedisServers
import TesseraRuntime
import TesseraSQLite
import TesseraTestKit
import Testing

/// A store that the contract is checked on: makes one, lets a test use it, and takes it down.
struct StoreCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// What a test does with a store and its outbox.
    typealias Body = @Sendable (any SessionStore, any Outbox) async throws -> Void

    private let scope: @Sendable (_ body: Body) async throws -> Void

    /// Runs a test on a new, empty store.
    func withStore(_ body: @Sendable (any SessionStore) async throws -> Void) async throws {
        try await scope { store, _ in try await body(store) }
    }

    /// Runs a test on a new, empty store with its outbox.
    func withOutbox(_ body: Body) async throws { try await scope(body) }

    /// Every store there is.
    static let all = [memory, sqliteFile, sqliteMemory, redis, redisCluster]
    /// The same, and what differs from another one only in how the server is found.
    static let everywhere = all + [redisSentinels]
    /// Every store but the one that the others are compared with.
    static let real = [sqliteFile, sqliteMemory, redis]

    static let memory = StoreCase(testDescription: "in memory") { body in
        let outbox = InMemoryOutbox()
        try await body(InMemoryStore(outbox: outbox), outbox)
    }

    static let sqliteMemory = StoreCase(testDescription: "SQLite in memory") { body in
        let store = try await SQLiteSessionStore.inMemory()
        try await closing(store, after: body)
    }

    static let sqliteFile = StoreCase(testDescription: "SQLite file") { body in
        let directory = FileManager.default.temporaryDirectory.appending(path: "tessera-contract-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = try await SQLiteSessionStore.open(directory.appending(path: "sessions.sqlite").path)
        try await closing(store, after: body)
    }

    static let redis = StoreCase(testDescription: "Redis") { body in
        try await RedisStores.with(SharedServers.standalone.value.url, body)
    }

    static let redisCluster = StoreCase(testDescription: "Redis Cluster") { body in
        try await RedisStores.with(SharedServers.cluster.value.url, body)
    }

    static let redisSentinels = StoreCase(testDescription: "Redis by Sentinels") { body in
        try await RedisStores.with(SharedServers.sentinels.value.url, body)
    }

    private static func closing(
        _ store: SQLiteSessionStore, after body: Body
    ) async throws {
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(store, SQLiteOutbox(store: store)))
        } catch {
            result = .failure(error)
        }
        try await store.close()
        try result.get()
    }
}
