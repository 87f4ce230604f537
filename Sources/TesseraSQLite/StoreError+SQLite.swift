import GRDB
import TesseraRuntime

extension StoreError {
    /// The error for whatever SQLite, or reading a row, threw.
    init(sqlite error: any Error) {
        if let error = error as? StoreError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.unavailable, "the session database failed: \(error)", cause: error)
            return
        }
        let text = error.message ?? "no message"
        switch error.resultCode {
        case .SQLITE_NOTADB:
            self.init(.damaged, "the session database is not an SQLite file", cause: error)
        case .SQLITE_CORRUPT:
            self.init(.damaged, "the session database is damaged: \(text)", cause: error)
        case .SQLITE_FULL:
            self.init(.unavailable, "the session database cannot grow: the disk is full", cause: error)
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(.unavailable, "the session database cannot be written: \(text)", cause: error)
        case .SQLITE_CANTOPEN:
            self.init(.unavailable, "the session database cannot be opened: \(text)", cause: error)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.unavailable, "the session database is locked by another program", cause: error)
        case .SQLITE_MISUSE where text.contains("closed"):
            self.init(.closed, "the session store is closed", cause: error)
        default:
            self.init(.unavailable, "the session database failed: \(text) (\(error.extendedResultCode))", cause: error)
        }
    }

    /// The same, with the file's name before the message.
    func naming(_ path: String) -> StoreError { StoreError(code, "\(path): \(message)", cause: cause) }
}
