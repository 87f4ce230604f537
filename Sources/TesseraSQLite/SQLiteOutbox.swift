import Foundation
import GRDB
package import TesseraCore
package import TesseraRuntime

/// The outbox in the file of the sessions.
package struct SQLiteOutbox: Outbox {
    private let store: SQLiteSessionStore
    /// The most messages that are kept.
    private let limit: Int

    package init(store: SQLiteSessionStore, limit: Int = 100_000) {
        self.store = store
        self.limit = limit
    }

    package func append(_ messages: [OutboxMessage], at now: Timestamp) async throws(StoreError) {
        try await store.write { [limit] tables in
            let count = try tables.row("SELECT count(*) AS count FROM outbox")?.required("count") ?? 0
            guard count + messages.count <= limit else {
                throw StoreError(.unavailable, "the outbox has \(limit) messages already")
            }
            for message in messages {
                try tables.execute(
                    "INSERT INTO outbox (id, body, created, due_at, attempts) VALUES (?, ?, ?, ?, 0)",
                    [message.id, Data(message.body), now.milliseconds, now.milliseconds])
            }
        }
    }

    package func claim(
        _ limit: Int, until: Timestamp, at now: Timestamp
    ) async throws(StoreError) -> [OutboxEntry] {
        try await store.write { tables in
            let rows = try tables.rows(
                "SELECT number, id, body, created, attempts FROM outbox WHERE due_at <= ? ORDER BY number LIMIT ?",
                [now.milliseconds, limit])
            return try rows.map { row in
                let entry = OutboxEntry(
                    number: try row.required("number"),
                    message: OutboxMessage(
                        id: try row.required("id"), body: [UInt8](try row.required("body") as Data)),
                    created: Timestamp(milliseconds: try row.required("created")),
                    attempts: try row.required("attempts") + 1)
                try tables.execute(
                    "UPDATE outbox SET due_at = ?, attempts = attempts + 1 WHERE number = ?",
                    [until.milliseconds, entry.number])
                return entry
            }
        }
    }

    package func remove(_ ids: [Int64]) async throws(StoreError) {
        try await store.write { tables in
            for id in ids { try tables.execute("DELETE FROM outbox WHERE number = ?", [id]) }
        }
    }

    package func postpone(_ id: Int64, until: Timestamp) async throws(StoreError) {
        try await store.write { tables -> Void in
            try tables.execute("UPDATE outbox SET due_at = ? WHERE number = ?", [until.milliseconds, id])
        }
    }
}
