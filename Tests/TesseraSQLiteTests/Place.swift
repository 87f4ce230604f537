import Foundation
import GRDB
import TesseraCore
import TesseraTestKit

@testable import TesseraSQLite

/// A new folder for a test, with a path for a database in it.
struct Place: Sendable {
    let directory: URL

    /// Where the database is to be.
    var path: String { directory.appending(path: "sessions.sqlite").path }

    /// Makes the folder, and takes it away afterwards.
    static func with(_ body: @Sendable (Place) async throws -> Void) async throws {
        let base = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        let place = Place(directory: base.appending(path: "tessera-sqlite-\(UUID().uuidString)"))
        try FileManager.default.createDirectory(at: place.directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: place.directory) }
        try await body(place)
    }

    func permissions(_ suffix: String = "") throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path + suffix)[.posixPermissions] as? Int
    }

    func setPermissions(_ permissions: Int, _ path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: path)
    }

    /// Opens the store, uses it and closes it.
    func withStore(
        options: SQLiteSessionStore.Options = .init(), _ body: (SQLiteSessionStore) async throws -> Void
    ) async throws {
        let store = try await SQLiteSessionStore.open(path, options: options)
        do {
            try await body(store)
        } catch {
            try await store.close()
            throw error
        }
        try await store.close()
    }

    /// The same with a store whose calls may only take a tenth of a second, its closing as long as it needs.
    func withImpatientStore(_ body: (SQLiteSessionStore) async throws -> Void) async throws {
        var options = SQLiteSessionStore.Options()
        options.timeLimit = .milliseconds(100)
        let store = try await SQLiteSessionStore.open(path, options: options)
        try await body(store)
        while (try? await store.close()) == nil {}
    }

    /// Does something to the file as another program would.
    func foreign<Value>(_ body: (Database) throws -> Value) throws -> Value {
        let queue = try DatabaseQueue(path: path)
        let value = try queue.writeWithoutTransaction(body)
        try queue.close()
        return value
    }
}

extension SQLiteSessionStore {
    /// Takes a ledger some steps on.
    func write(_ ledger: StoreLedger, steps: Int) async throws {
        for _ in 0..<steps {
            let record = try await load(ledger.user)
            _ = try await commit(ledger.step(after: record))
        }
    }

    /// A value of the writing connection.
    func pragma(_ name: String) async throws -> String? {
        try await write { try String.fetchOne($0.database, sql: "PRAGMA \(name)") }
    }
}
