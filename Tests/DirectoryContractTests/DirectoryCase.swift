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

/// A directory that the contract is checked on, with what else is kept beside it: makes one, lets a test use it, and
/// takes it down.
struct DirectoryCase: Sendable, CustomTestStringConvertible {
    /// Everything that the contracts are about.
    struct Parts: Sendable {
        let directory: any UserDirectory
        let attempts: any AttemptStore
        let outbox: any Outbox
        let secrets: any ShortLivedSecrets
    }

    /// How many messages the outboxes keep.
    static let messageLimit = 5

    let testDescription: String
    private let scope: @Sendable (_ body: @Sendable (Parts) async throws -> Void) async throws -> Void

    /// Runs a test on a new, empty directory.
    func withDirectory(_ body: @Sendable (any UserDirectory) async throws -> Void) async throws {
        try await scope { try await body($0.directory) }
    }

    /// Runs a test on new, empty parts.
    func withParts(_ body: @Sendable (Parts) async throws -> Void) async throws { try await scope(body) }

    /// Every directory there is.
    static let all = [memory, sqliteFile, sqliteMemory, redis, redisCluster]

    static let memory = DirectoryCase(testDescription: "in memory") { body in
        let outbox = InMemoryOutbox(limit: messageLimit)
        let directory = InMemoryDirectory(outbox: outbox)
        try await body(
            Parts(directory: directory, attempts: directory, outbox: outbox, secrets: InMemorySecrets()))
    }

    static let sqliteMemory = DirectoryCase(testDescription: "SQLite in memory") { body in
        try await closing(try await SQLiteSessionStore.inMemory(options: options), after: body)
    }

    static let sqliteFile = DirectoryCase(testDescription: "SQLite file") { body in
        let folder = FileManager.default.temporaryDirectory.appending(path: "tessera-directory-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try await SQLiteSessionStore.open(folder.appending(path: "users.sqlite").path, options: options)
        try await closing(store, after: body)
    }

    static let redis = DirectoryCase(testDescription: "Redis") { body in
        try await connected(SharedServers.standalone.value.url, body)
    }

    static let redisCluster = DirectoryCase(testDescription: "Redis Cluster") { body in
        try await connected(SharedServers.cluster.value.url, body)
    }

    private static var options: SQLiteSessionStore.Options {
        var options = SQLiteSessionStore.Options()
        options.messageLimit = messageLimit
        return options
    }

    private static func closing(
        _ store: SQLiteSessionStore, after body: @Sendable (Parts) async throws -> Void
    ) async throws {
        let result: Result<Void, any Error>
        do {
            let tables = SQLiteDirectory(store: store)
            let parts = Parts(
                directory: tables, attempts: tables, outbox: SQLiteOutbox(store: store),
                secrets: SQLiteSecrets(store: store))
            result = .success(try await body(parts))
        } catch {
            result = .failure(error)
        }
        try await store.close()
        try result.get()
    }

    /// On a Redis that tests share, under a prefix of their own.
    private static func connected(_ url: String, _ body: @Sendable (Parts) async throws -> Void) async throws {
        var configuration = try RedisConfiguration(url: url)
        // The machine that tests run on may be busy.
        configuration.commandTimeout = .seconds(20)
        let client = RedisClient(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let shards = try #require(Shards(count: 4))
        let keys = try #require(Keyspace(prefix: "directory-\(UUID())", shards: shards))
        try await withThrowingTaskGroup { group in
            group.addTask { try await client.run() }
            defer { group.cancelAll() }
            try await body(
                Parts(
                    directory: RedisDirectory(client: client, keys: keys, messageLimit: messageLimit),
                    attempts: RedisAttempts(client: client, keys: keys),
                    outbox: RedisOutbox(client: client, keys: keys, limit: messageLimit),
                    secrets: RedisSecrets(client: client, keys: keys)))
        }
    }
}

/// A moment that the tests start from.
let start = Timestamp(seconds: 1_800_000_000)

func userID(_ name: String) throws -> UserID { try #require(UserID(name)) }

func key(_ provider: String, _ name: String) throws -> AccountKey {
    try #require(AccountKey(provider: provider, providerAccountID: name))
}

func account(
    _ provider: String, _ name: String, of user: String, at moment: Timestamp = start, tokens: [UInt8] = []
) throws -> LinkedAccount {
    LinkedAccount(key: try key(provider, name), user: try userID(user), linkedAt: moment, tokens: tokens)
}

func user(_ name: String, email: String? = nil) throws -> DirectoryUser {
    DirectoryUser(id: try userID(name), name: name.uppercased(), email: email, image: "https://example.com/\(name)")
}
