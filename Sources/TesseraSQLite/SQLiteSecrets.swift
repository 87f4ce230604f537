import Foundation
import GRDB
package import TesseraCore
package import TesseraRuntime

/// What is kept for some minutes, in the file of the sessions.
package struct SQLiteSecrets: ShortLivedSecrets {
    private let store: SQLiteSessionStore

    package init(store: SQLiteSessionStore) { self.store = store }

    package func keep(
        _ secret: [UInt8], as name: String, until end: Timestamp, at now: Timestamp
    ) async throws(StoreError) {
        try await store.write { tables -> Void in
            try tables.execute(
                "INSERT OR REPLACE INTO secret (name, content, expires) VALUES (?, ?, ?)",
                [name, Data(secret), end.milliseconds])
        }
    }

    package func take(_ name: String, at now: Timestamp) async throws(StoreError) -> [UInt8]? {
        try await store.write { tables in
            let row = try tables.row("DELETE FROM secret WHERE name = ? RETURNING content, expires", [name])
            guard let row, Timestamp(milliseconds: try row.required("expires")) > now else { return nil }
            return [UInt8](try row.required("content") as Data)
        }
    }

    package func sweepSecrets(at now: Timestamp) async throws(StoreError) -> Int {
        try await store.write { tables in
            try tables.execute(
                "DELETE FROM secret WHERE name IN (SELECT name FROM secret WHERE expires <= ? LIMIT 1000)",
                [now.milliseconds])
        }
    }
}
