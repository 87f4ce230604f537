import Foundation
import TesseraCore
import TesseraRuntime
import TesseraSQLite
import TesseraTestKit
import Testing

/// A directory that the contract is checked on: makes one, lets a test use it, and takes it down.
struct DirectoryCase: Sendable, CustomTestStringConvertible {
    /// What the contract is about.
    typealias Directory = UserDirectory & AttemptStore

    let testDescription: String
    private let scope: @Sendable (_ body: @Sendable (any Directory) async throws -> Void) async throws -> Void

    /// Runs a test on a new, empty directory.
    func withDirectory(_ body: @Sendable (any Directory) async throws -> Void) async throws { try await scope(body) }

    /// Every directory there is.
    static let all = [memory, sqliteFile, sqliteMemory]

    static let memory = DirectoryCase(testDescription: "in memory") { try await $0(InMemoryDirectory()) }

    static let sqliteMemory = DirectoryCase(testDescription: "SQLite in memory") { body in
        try await closing(try await SQLiteSessionStore.inMemory(), after: body)
    }

    static let sqliteFile = DirectoryCase(testDescription: "SQLite file") { body in
        let folder = FileManager.default.temporaryDirectory.appending(path: "tessera-directory-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try await SQLiteSessionStore.open(folder.appending(path: "users.sqlite").path)
        try await closing(store, after: body)
    }

    private static func closing(
        _ store: SQLiteSessionStore, after body: @Sendable (any Directory) async throws -> Void
    ) async throws {
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(SQLiteDirectory(store: store)))
        } catch {
            result = .failure(error)
        }
        try await store.close()
        try result.get()
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
