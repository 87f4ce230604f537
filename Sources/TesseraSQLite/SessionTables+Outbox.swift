import Foundation
import GRDB
import TesseraCore
import TesseraRuntime

extension SessionTables {
    /// Adds what a change tells of, as far as there is room; what finds none is counted.
    func post(_ messages: [OutboxMessage], limit: Int) throws {
        if messages.isEmpty { return }
        let room = max(limit - (try messageCount()), 0)
        for message in messages.prefix(room) { try insert(message) }
        guard messages.count > room else { return }
        try execute("UPDATE deployment SET messages_left_out = messages_left_out + ?", [messages.count - room])
    }

    /// Adds messages, all of them; throws where there is not room for all.
    func append(_ messages: [OutboxMessage], limit: Int) throws {
        guard try messageCount() + messages.count <= limit else {
            throw StoreError(.unavailable, "the outbox has \(limit) messages already")
        }
        for message in messages { try insert(message) }
    }

    private func messageCount() throws -> Int {
        try row("SELECT count(*) AS count FROM outbox")?.required("count") ?? 0
    }

    private func insert(_ message: OutboxMessage) throws {
        let created = message.created.milliseconds
        try execute(
            "INSERT INTO outbox (id, body, created, due_at, attempts) VALUES (?, ?, ?, ?, 0)",
            [message.id, Data(message.body), created, created])
    }

    /// Takes messages that are due, and hides them until a moment.
    func claim(_ limit: Int, until: Timestamp, at now: Timestamp) throws -> OutboxClaim {
        let rows = try rows(
            "SELECT number, id, body, created, attempts FROM outbox WHERE due_at <= ? ORDER BY number LIMIT ?",
            [now.milliseconds, limit])
        let entries = try rows.map { row in
            let message = OutboxMessage(
                id: try row.required("id"), created: Timestamp(milliseconds: try row.required("created")),
                body: [UInt8](try row.required("body") as Data))
            return OutboxEntry(
                place: try row.required("number"), message: message, attempts: try row.required("attempts") + 1)
        }
        for entry in entries {
            try execute(
                "UPDATE outbox SET due_at = ?, attempts = attempts + 1 WHERE number = ?",
                [until.milliseconds, entry.place])
        }
        return OutboxClaim(entries: entries, leftOut: try takeLeftOut())
    }

    private func takeLeftOut() throws -> Int {
        let count: Int = try row("SELECT messages_left_out FROM deployment")?.required("messages_left_out") ?? 0
        if count > 0 { try execute("UPDATE deployment SET messages_left_out = 0") }
        return count
    }
}
