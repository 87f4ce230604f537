import GRDB
import TesseraRuntime

/// The tables, and how a file gets to have them.
enum Schema {
    /// Marks a file as ours: "TSRA" (https://www.sqlite.org/fileformat2.html#application_id).
    static let applicationID: Int32 = 0x5453_5241

    /// Refuses a file that is neither ours nor new, or that a newer version has been at. Changes nothing.
    static func admit(_ database: Database) throws {
        let id = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let isEmpty = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") == 0
        guard id == applicationID || (id == 0 && isEmpty) else {
            throw StoreError(.damaged, "this SQLite file belongs to another program")
        }
        let unknown = try migrator.appliedIdentifiers(database).subtracting(migrator.migrations)
        guard unknown.isEmpty else {
            let versions = unknown.sorted().joined(separator: ", ")
            throw StoreError(
                .damaged,
                """
                this file was written by a newer version of Tessera (schema \(versions); this version knows \
                \(migrator.migrations.joined(separator: ", ")))
                """)
        }
    }

    /// Brings a file that was admitted up to date.
    static func migrate(_ database: any DatabaseWriter) throws {
        // Before the first table: a file is never seen with tables but without its mark.
        try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA application_id = \(applicationID)") }
        try migrator.migrate(database)
    }

    /// The steps from an empty file to today's tables. A step that was released is never edited.
    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { try $0.execute(sql: first) }
        migrator.registerMigration("2") { try $0.execute(sql: accounts) }
        migrator.registerMigration("3") { try $0.execute(sql: secrets) }
        migrator.registerMigration("4") { try $0.execute(sql: providerSessions) }
        return migrator
    }

    /// - `session.packed`: `PackedSession`, compared byte for byte. `due_at`: a moment before which the session cannot
    ///   have reached its limit. Limits only move later, so that uses need not touch the index; the sweep moves it.
    ///   `blocked_until`: for an adopted session, until when its end has to be remembered.
    /// - `user` has a row only for an epoch above 0.
    /// - `blocklist.kind`: 1 token, 2 session, 3 user; `below`: the generation or epoch, 0 for a token.
    ///
    /// Moments are milliseconds since 1970.
    private static let first = """
        CREATE TABLE session (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
            user TEXT NOT NULL,
            packed BLOB NOT NULL,
            last_use_at INTEGER NOT NULL,
            last_use_generation INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            blocked_until INTEGER
        ) STRICT;
        CREATE INDEX session_user ON session (user);
        CREATE INDEX session_due_at ON session (due_at);
        CREATE TABLE user (
            name TEXT NOT NULL PRIMARY KEY,
            epoch INTEGER NOT NULL,
            raised_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX user_raised_at ON user (raised_at);
        CREATE TABLE deployment (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            epoch INTEGER NOT NULL,
            raised_at INTEGER,
            reason TEXT,
            pings INTEGER NOT NULL
        ) STRICT;
        INSERT INTO deployment (id, epoch, pings) VALUES (1, 0, 0);
        CREATE TABLE blocklist (
            kind INTEGER NOT NULL,
            key BLOB NOT NULL,
            below INTEGER NOT NULL,
            expires INTEGER NOT NULL,
            reason TEXT NOT NULL,
            PRIMARY KEY (kind, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX blocklist_expires ON blocklist (expires);
        """

    /// - `account.tokens`: the provider's tokens, sealed. `lease_*`: who refreshes them just now.
    /// - `verification.hash`: of a link's token, with a secret.
    /// - `attempt.key`: a keyed digest of what is limited; `paid_until`: see `AttemptLimit`.
    private static let accounts = """
        CREATE TABLE account_user (
            id TEXT NOT NULL PRIMARY KEY,
            name TEXT,
            email TEXT UNIQUE,
            email_verified INTEGER,
            image TEXT
        ) STRICT;
        CREATE TABLE account (
            provider TEXT NOT NULL,
            account_id TEXT NOT NULL,
            user TEXT NOT NULL,
            linked_at INTEGER NOT NULL,
            tokens BLOB NOT NULL,
            version INTEGER NOT NULL,
            lease_holder BLOB,
            lease_until INTEGER,
            PRIMARY KEY (provider, account_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX account_of_user ON account (user);
        CREATE TABLE verification (
            identifier TEXT NOT NULL,
            hash TEXT NOT NULL,
            expires INTEGER NOT NULL,
            PRIMARY KEY (identifier, hash)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX verification_expires ON verification (expires);
        CREATE TABLE attempt (
            key BLOB NOT NULL PRIMARY KEY,
            paid_until INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX attempt_paid_until ON attempt (paid_until);
        CREATE TABLE outbox (
            number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL,
            body BLOB NOT NULL,
            created INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            attempts INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX outbox_due_at ON outbox (due_at);
        """

    /// - `secret.name`: a digest; `content`: sealed.
    /// - `deployment.messages_left_out`: how many have found the outbox full.
    private static let secrets = """
        CREATE TABLE secret (
            name TEXT NOT NULL PRIMARY KEY,
            content BLOB NOT NULL,
            expires INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX secret_expires ON secret (expires);
        ALTER TABLE deployment ADD COLUMN messages_left_out INTEGER NOT NULL DEFAULT 0;
        """

    /// - `provider_session`: where a session was begun. `subject`, `provider_session`: digests of what the provider calls
    ///   them; `issued_at`: of the ID token. `provider`, `hint`: for signing out there.
    /// - `provider_logout`: what has ended at a provider. `up_to`: nothing is begun with an older ID token.
    /// - `logout_token`: those that were used.
    private static let providerSessions = """
        CREATE TABLE provider_session (
            session BLOB NOT NULL PRIMARY KEY CHECK (length(session) = 16),
            user TEXT NOT NULL,
            subject BLOB,
            provider_session BLOB,
            issued_at INTEGER,
            provider TEXT,
            hint BLOB,
            expires INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX provider_session_subject ON provider_session (subject) WHERE subject IS NOT NULL;
        CREATE INDEX provider_session_named ON provider_session (provider_session) WHERE provider_session IS NOT NULL;
        CREATE INDEX provider_session_expires ON provider_session (expires);
        CREATE TABLE provider_logout (
            name BLOB NOT NULL PRIMARY KEY,
            up_to INTEGER NOT NULL,
            expires INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX provider_logout_expires ON provider_logout (expires);
        CREATE TABLE logout_token (
            name BLOB NOT NULL PRIMARY KEY,
            expires INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX logout_token_expires ON logout_token (expires);
        """
}
