import GRDB
package import TesseraCore
package import TesseraRuntime

/// The outbox in the file of the sessions; how many messages it keeps is one of the store's options.
package struct SQLiteOutbox: Outbox {
    private let store: SQLiteSessionStore

    package init(store: SQLiteSessionStore) { self.store = store }

    package func append(_ messages: [OutboxMessage]) async throws(StoreError) {
        try await store.write { [limit = store.options.messageLimit] in try $0.append(messages, limit: limit) }
    }

    package func claim(
        _ limit: Int, until: Timestamp, at now: Timestamp
    ) async throws(StoreError) -> OutboxClaim {
        try await store.write { try $0.claim(limit, until: until, at: now) }
    }

    package func remove(_ entries: [OutboxEntry]) async throws(StoreError) {
        try await store.write { tables in
            for entry in entries { try tables.execute("DELETE FROM outbox WHERE number = ?", [entry.place]) }
        }
    }

    package func postpone(_ entry: OutboxEntry, until: Timestamp) async throws(StoreError) {
        try await store.write { tables -> Void in
            try tables.execute(
                "UPDATE outbox SET due_at = ? WHERE number = ?", [until.milliseconds, entry.place])
        }
    }
}
