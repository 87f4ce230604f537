import Foundation
import GRDB
package import TesseraRuntime

extension SQLiteSessionStore {
    /// Looks whether `open` could open the file at `path`, which has to be there. Changes nothing in it, and leaves nothing
    /// beside it, but for `-shm` beside a log that a killed process has left; its tables are not brought up to date.
    ///
    /// Throws what `open` would throw, as far as that can be seen without writing.
    package static func look(at path: String) async throws(StoreError) {
        try await onQueue { () throws(StoreError) in
            guard access(path, F_OK) == 0 else {
                throw StoreError(.unavailable, "\(path): cannot be opened: \(systemMessage(errno))")
            }
            let file = try DatabaseFile(locating: path)
            let lock = try FileLock(sharing: file.path)
            do {
                try file.refuseOtherContent()
                try file.refuseUnwritable()
                var configuration = Configuration()
                configuration.label = "tessera.sqlite.look"
                configuration.readonly = true
                let database = try DatabaseQueue(path: file.nameForLooking, configuration: configuration)
                try database.read { try Schema.admit($0) }
                try database.close()
            } catch {
                throw StoreError(sqlite: error).naming(file.path)
            }
            _ = consume lock
        }
    }
}

extension DatabaseFile {
    /// What SQLite is to open, so that a look leaves no `-wal` and `-shm` behind: where there is no log the file holds
    /// everything, and can be called immutable (https://www.sqlite.org/uri.html#uriimmutable).
    fileprivate var nameForLooking: String {
        if access(path + "-wal", F_OK) == 0 { return path }
        return URL(filePath: path).absoluteString + "?immutable=1"
    }

    /// Refuses a file that cannot be written, or in whose directory nothing can be made.
    fileprivate func refuseUnwritable() throws(StoreError) {
        for name in [path, URL(filePath: path).deletingLastPathComponent().path] where access(name, W_OK) != 0 {
            throw StoreError(.unavailable, "cannot be written: \(systemMessage(errno))")
        }
    }
}
