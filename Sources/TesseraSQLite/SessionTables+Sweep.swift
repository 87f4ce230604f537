import Foundation
import GRDB
import TesseraCore
import TesseraRuntime

extension SessionTables {
    /// What one step of a sweep did.
    struct SweepStep: Sendable {
        var sessions = 0
        var revocations = 0
        /// Whether there may be more to do.
        var isLast = true
    }

    /// One bounded step of a sweep: looks at no more than `limit` rows of each table.
    func sweep(at now: Timestamp, limit: Int) throws -> SweepStep {
        var step = SweepStep()
        let due = try rows(
            "SELECT user, \(Self.sessionColumns) FROM session WHERE due_at <= ? ORDER BY due_at LIMIT ?",
            [now.milliseconds, limit])
        for row in due {
            guard let user = UserID(try row.required("user") as String) else { throw Self.damaged("session") }
            if try sweep(try Self.session(row), of: user, at: now) { step.sessions += 1 }
        }
        step.revocations = try execute(
            """
            DELETE FROM blocklist WHERE (kind, key) IN (SELECT kind, key FROM blocklist WHERE expires <= ? LIMIT ?)
            """, [now.milliseconds, limit])
        let users = try sweepUsers(raisedBefore: now - Self.epochRetention, limit: limit)
        step.isLast = max(due.count, step.revocations, users) < limit
        return step
    }

    /// How long a raised epoch is remembered for a user without sessions: longer than a browser keeps any cookie
    /// (400 days, RFC 6265bis, section 5.5), so that no NextAuth.js token from before it can come back.
    private static let epochRetention = Duration.days(400)

    /// Removes a session that has reached its limit, or notes when it can reach it at the earliest now.
    private func sweep(_ session: SessionRecord, of user: UserID, at now: Timestamp) throws -> Bool {
        guard session.isExpired(at: now) else {
            try execute(
                "UPDATE session SET due_at = ? WHERE id = ?", [session.limit.milliseconds, session.id.data])
            return false
        }
        try delete(session.id, of: user)
        if let until = session.blockedUntil, until > now {
            try block(Revocation(fact: .session(session.id), expires: until, reason: .expired))
        }
        return true
    }

    private func sweepUsers(raisedBefore moment: Timestamp, limit: Int) throws -> Int {
        try execute(
            """
            DELETE FROM user WHERE name IN (
                SELECT name FROM user WHERE raised_at <= ?
                AND NOT EXISTS (SELECT 1 FROM session WHERE session.user = user.name)
                AND NOT EXISTS (SELECT 1 FROM blocklist WHERE kind = 3 AND key = CAST(user.name AS BLOB))
                LIMIT ?)
            """, [moment.milliseconds, limit])
    }

    /// Ends everybody's sessions. See `SessionStore.revokeEverybody`.
    func revokeEverybody(at now: Timestamp, reason: EndReason) throws -> UserRecord.Deployment {
        try raiseDeployment(to: try deployment().epoch.next, at: now, reason: reason)
        let adopted = try rows("SELECT id, blocked_until FROM session WHERE blocked_until > ?", [now.milliseconds])
        for row in adopted {
            guard let id = SessionID(bytes: try row.required("id") as Data) else { throw Self.damaged("session") }
            let until = Timestamp(milliseconds: try row.required("blocked_until"))
            try block(Revocation(fact: .session(id), expires: until, reason: reason))
        }
        try execute("DELETE FROM session")
        return try deployment()
    }

    /// Writes something, so that a database that cannot be written is found out.
    func ping() throws {
        try execute("UPDATE deployment SET pings = (pings + 1) % 1000000")
    }
}
