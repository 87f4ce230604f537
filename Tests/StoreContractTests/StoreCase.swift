import Foundation
import RedisServers
import TesseraRuntime
import TesseraSQLite
import TesseraTestKit
import Testing

/// A store that the contract is checked on: makes one, lets a test use it, and takes it down.
struct StoreCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    private let scope: @Sendable (_ body: @Sendable (any SessionStore) async throws -> Void) async throws -> Void

    /// Runs a test on a new, empty store.
    func withStore(_ body: @Sendable (any SessionStore) async throws -> Void) async throws {
        try await scope(body)
    }

    /// Every store there is.
    static let all = [memory, sqliteFile, sqliteMemory, redis]
    /// Every store but the one that the others are compared with.
    static let real = [sqliteFile, sqliteMemory, redis]

    static let memory = StoreCase(testDescription: "in memory") { body in
        try await body(InMemoryStore())
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

    /// On one server. (Tests with many calls are for this one only; the others are Redis as well.)
    static let redis = StoreCase(testDescription: "Redis") { body in
        try await RedisStores.with(SharedServers.standalone.value.url, body)
    }

    private static func closing(
        _ store: SQLiteSessionStore, after body: @Sendable (any SessionStore) async throws -> Void
    ) async throws {
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(store))
        } catch {
            result = .failure(error)
        }
        try await store.close()
        try result.get()
    }
}
