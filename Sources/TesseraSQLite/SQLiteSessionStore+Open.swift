import Dispatch
import GRDB
package import TesseraRuntime

extension SQLiteSessionStore {
    /// Opens the file at `path`, or makes it; its directory must be there. Brings its tables up to date.
    ///
    /// The file, and `-wal`, `-shm` and `.lock` beside it, can be read by their owner only.
    /// Throws `store_in_use` when another process, or another store of this one, has the file; `store_damaged` for
    /// what is no SQLite file, another program's, damaged, or written by a newer version; else `store_unavailable`.
    package static func open(
        _ path: String, options: Options = Options()
    ) async throws(StoreError) -> SQLiteSessionStore {
        try await onQueue { () throws(StoreError) in
            let file = try DatabaseFile(locating: path)
            let lock = try FileLock(database: file.path)
            do {
                try file.refuseOtherContent()
                let pool = try DatabasePool(path: file.path, configuration: configuration(options))
                // The pool itself has chosen NORMAL by now, which may lose acknowledged commits with the power.
                try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
                try Schema.migrate(pool)
                try file.makePrivate()
                return SQLiteSessionStore(database: pool, lock: lock, options: options)
            } catch {
                throw StoreError(sqlite: error).naming(file.path)
            }
        }
    }

    /// Makes an empty store in memory, gone with the process.
    package static func inMemory(options: Options = Options()) async throws(StoreError) -> SQLiteSessionStore {
        try await onQueue { () throws(StoreError) in
            do {
                let database = try DatabaseQueue(configuration: configuration(options))
                try Schema.migrate(database)
                return SQLiteSessionStore(database: database, lock: nil, options: options)
            } catch {
                throw StoreError(sqlite: error)
            }
        }
    }

    private static func configuration(_ options: Options) -> Configuration {
        var configuration = Configuration()
        configuration.label = "tessera.sqlite"
        configuration.foreignKeysEnabled = false
        configuration.maximumReaderCount = options.readers
        // Only foreign programs (a backup) can be in the way.
        configuration.busyMode = .timeout(Double(options.timeLimit.components.seconds) + 1)
        configuration.prepareDatabase { database in
            // Before the journal mode is set: nothing is written to a file that is not ours.
            if !database.configuration.readonly { try Schema.admit(database) }
            try database.execute(sql: "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF")
            try database.execute(sql: "PRAGMA cell_size_check = ON; PRAGMA journal_size_limit = 16777216")
        }
        return configuration
    }

    /// Runs blocking work on a thread of its own.
    static func onQueue<Value: Sendable>(
        _ work: @escaping @Sendable () throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        try await withCheckedContinuation { caller in
            DispatchQueue(label: "tessera.sqlite.open").async {
                caller.resume(returning: Result(catching: work))
            }
        }.get()
    }
}
