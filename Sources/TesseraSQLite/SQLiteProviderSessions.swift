import Foundation
import GRDB
package import TesseraCore
package import TesseraRuntime

/// Where sessions were begun, in the file of the sessions.
package struct SQLiteProviderSessions: ProviderSessions {
    private let store: SQLiteSessionStore

    package init(store: SQLiteSessionStore) { self.store = store }

    package func keep(_ session: ProviderSession, at now: Timestamp) async throws(StoreError) -> Bool {
        try await store.write { tables in
            for name in session.names?.all ?? [] where try tables.hasEnded(name, session, at: now) { return false }
            try tables.execute(
                """
                INSERT OR REPLACE INTO provider_session
                (session, user, subject, provider_session, issued_at, provider, hint, expires)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    session.session.data, session.user.text, session.names?.subject.data,
                    session.names?.session?.data, session.names?.issuedAt.milliseconds, session.origin?.provider,
                    session.origin.map { Data($0.hint) }, session.expires.milliseconds,
                ])
            return true
        }
    }

    package func origin(
        of session: SessionID, at now: Timestamp
    ) async throws(StoreError) -> ProviderSession.Origin? {
        try await store.read { tables in
            let row = try tables.row(
                "SELECT provider, hint FROM provider_session WHERE session = ? AND expires > ?",
                [session.data, now.milliseconds])
            guard let row, let provider: String = try row.optional("provider") else { return nil }
            return ProviderSession.Origin(provider: provider, hint: [UInt8](try row.required("hint") as Data))
        }
    }

    package func forgetOrigin(of session: SessionID) async throws(StoreError) {
        try await store.write { tables -> Void in
            try tables.execute(
                "UPDATE provider_session SET provider = NULL, hint = NULL WHERE session = ?", [session.data])
        }
    }

    package func end(_ logout: ProviderLogout, at now: Timestamp) async throws(StoreError) -> [OwnedSession] {
        try await store.write { tables in
            try tables.execute(
                """
                INSERT INTO provider_logout (name, up_to, expires) VALUES (?, ?, ?) ON CONFLICT (name)
                DO UPDATE SET up_to = max(up_to, excluded.up_to), expires = max(expires, excluded.expires)
                """,
                [logout.name.data, logout.refusesUpTo.milliseconds, logout.remembered.milliseconds])
            let rows = try tables.rows(
                """
                SELECT session, user FROM provider_session
                WHERE (subject = ?1 OR provider_session = ?1) AND (?2 IS NULL OR subject = ?2)
                AND issued_at <= ?3 AND expires > ?4 ORDER BY session
                """,
                [
                    logout.name.data, logout.subject?.data, logout.endsUpTo.milliseconds, now.milliseconds,
                ])
            return try rows.map { row in
                guard let id = SessionID(bytes: try row.required("session") as Data),
                    let user = UserID(try row.required("user") as String)
                else { throw SessionTables.damaged("provider_session") }
                return OwnedSession(session: id, user: user)
            }
        }
    }

    package func use(
        _ token: ProviderName, until: Timestamp, at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await store.write { tables in
            try tables.execute(
                "DELETE FROM logout_token WHERE name = ? AND expires <= ?", [token.data, now.milliseconds])
            return try tables.execute(
                "INSERT OR IGNORE INTO logout_token (name, expires) VALUES (?, ?)", [token.data, until.milliseconds])
                > 0
        }
    }

    package func sweepProviderSessions(at now: Timestamp) async throws(StoreError) -> Int {
        try await store.write { tables in
            var dropped = 0
            let all = [("provider_session", "session"), ("provider_logout", "name"), ("logout_token", "name")]
            for (table, key) in all {
                dropped += try tables.execute(
                    """
                    DELETE FROM \(table) WHERE \(key) IN
                    (SELECT \(key) FROM \(table) WHERE expires <= ? ORDER BY expires LIMIT 1000)
                    """, [now.milliseconds])
            }
            return dropped
        }
    }
}

extension SessionTables {
    /// Whether a provider has ended what a session would be begun from.
    fileprivate func hasEnded(_ name: ProviderName, _ session: ProviderSession, at now: Timestamp) throws -> Bool {
        guard let issuedAt = session.names?.issuedAt else { return false }
        return try row(
            "SELECT 1 FROM provider_logout WHERE name = ? AND up_to >= ? AND expires > ?",
            [name.data, issuedAt.milliseconds, now.milliseconds]) != nil
    }
}

extension ProviderName {
    /// The bytes as a column keeps them.
    fileprivate var data: Data { Data(bytes) }
}
