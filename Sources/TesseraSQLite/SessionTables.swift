import Foundation
import GRDB
import TesseraCore
import TesseraRuntime

/// The tables as an operation uses them, inside its transaction.
struct SessionTables {
    let database: Database

    init(_ database: Database) {
        self.database = database
    }

    // MARK: Statements

    /// Runs a statement, prepared once per connection. Returns how many rows it changed.
    @discardableResult
    func execute(_ sql: String, _ arguments: StatementArguments = []) throws -> Int {
        try database.cachedStatement(sql: sql).execute(arguments: arguments)
        return database.changesCount
    }

    func row(_ sql: String, _ arguments: StatementArguments = []) throws -> Row? {
        try Row.fetchOne(database.cachedStatement(sql: sql), arguments: arguments)
    }

    func rows(_ sql: String, _ arguments: StatementArguments = []) throws -> [Row] {
        try Row.fetchAll(database.cachedStatement(sql: sql), arguments: arguments)
    }

    // MARK: Epochs

    /// The deployment's epoch, and when it was raised.
    func deployment() throws -> UserRecord.Deployment {
        guard let row = try row("SELECT epoch, raised_at FROM deployment") else { throw Self.damaged("deployment") }
        return UserRecord.Deployment(
            epoch: Epoch(try row.required("epoch")),
            raisedAt: try row.optional("raised_at").map(Timestamp.init(milliseconds:)))
    }

    /// A user's epoch, and when it was raised.
    func epoch(of user: UserID) throws -> (epoch: Epoch, raisedAt: Timestamp?) {
        guard let row = try row("SELECT epoch, raised_at FROM user WHERE name = ?", [user.text]) else {
            return (.initial, nil)
        }
        return (
            Epoch(try row.required("epoch")), Timestamp(milliseconds: try row.required("raised_at"))
        )
    }

    /// Raises a user's epoch; never lowers it, nor the moment.
    func raiseEpoch(of user: UserID, to epoch: Epoch, at moment: Timestamp) throws {
        try execute(
            """
            INSERT INTO user (name, epoch, raised_at) VALUES (?, ?, ?) ON CONFLICT (name)
            DO UPDATE SET epoch = max(epoch, excluded.epoch), raised_at = max(raised_at, excluded.raised_at)
            """, [user.text, epoch.number, moment.milliseconds])
    }

    // MARK: Sessions

    /// A user's record, as of the transaction's moment.
    func load(_ user: UserID) throws -> UserRecord {
        let (epoch, raisedAt) = try epoch(of: user)
        let sessions = try rows("SELECT \(Self.sessionColumns) FROM session WHERE user = ?", [user.text])
        return UserRecord(
            user: user, epoch: epoch, epochRaisedAt: raisedAt, deployment: try deployment(),
            sessions: try sessions.map(Self.session))
    }

    /// Whose session this is.
    func owner(of session: SessionID) throws -> UserID? {
        guard let row = try row("SELECT user FROM session WHERE id = ?", [session.data]) else { return nil }
        guard let user = UserID(try row.required("user") as String) else { throw Self.damaged("session") }
        return user
    }

    /// A session of a user.
    func session(_ id: SessionID, of user: UserID) throws -> SessionRecord? {
        try row("SELECT \(Self.sessionColumns) FROM session WHERE id = ? AND user = ?", [id.data, user.text])
            .map(Self.session)
    }

    /// Whether there is a session of this name, whosever.
    func exists(_ session: SessionID) throws -> Bool {
        try row("SELECT 1 FROM session WHERE id = ?", [session.data]) != nil
    }

    func insert(_ session: SessionRecord, of user: UserID) throws {
        try execute(
            """
            INSERT INTO session
            (id, user, packed, last_use_at, last_use_generation, due_at, blocked_until) VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                session.id.data, user.text, session.packed, session.lastUse.at.milliseconds,
                session.lastUse.generation.number, session.limit.milliseconds, session.blockedUntil?.milliseconds,
            ])
    }

    /// Writes the next state of a session that is there. Its last use only moves forward.
    func update(_ old: SessionRecord, to new: SessionRecord, of user: UserID) throws {
        try execute(
            """
            UPDATE session SET packed = ?, last_use_at = max(last_use_at, ?),
            last_use_generation = max(last_use_generation, ?), blocked_until = ? WHERE id = ? AND user = ?
            """,
            [
                new.packed, new.lastUse.at.milliseconds, new.lastUse.generation.number,
                new.blockedUntil?.milliseconds, new.id.data, user.text,
            ])
        let limitMayBeEarlier =
            new.absoluteLimit < old.absoluteLimit || new.idleTimeout < old.idleTimeout || new.rotatedAt < old.rotatedAt
        guard limitMayBeEarlier else { return }
        try execute(
            "UPDATE session SET due_at = min(due_at, ?) WHERE id = ? AND user = ?",
            [new.limit.milliseconds, new.id.data, user.text])
    }

    /// Moves a session's last use forward. Returns whether there is such a session whose epochs are not outdated.
    func mark(_ mark: Mark) throws -> Bool {
        let row = try row(
            """
            SELECT \(Self.sessionColumns), (SELECT epoch FROM deployment) AS deployment_epoch,
            ifnull((SELECT epoch FROM user WHERE name = session.user), 0) AS user_epoch
            FROM session WHERE id = ? AND user = ?
            """, [mark.session.data, mark.user.text])
        guard let row else { return false }
        let session = try Self.session(row)
        guard session.userEpoch >= Epoch(try row.required("user_epoch")),
            session.deploymentEpoch >= Epoch(try row.required("deployment_epoch"))
        else { return false }
        var used = session
        used.apply(mark.use)
        guard used != session else { return true }
        try execute(
            "UPDATE session SET last_use_at = ?, last_use_generation = ? WHERE id = ? AND user = ?",
            [used.lastUse.at.milliseconds, used.lastUse.generation.number, mark.session.data, mark.user.text])
        return true
    }

    func delete(_ session: SessionID, of user: UserID) throws {
        try execute("DELETE FROM session WHERE id = ? AND user = ?", [session.data, user.text])
    }

    // MARK: Rows

    static let sessionColumns = "id, packed, last_use_at, last_use_generation"

    static func session(_ row: Row) throws -> SessionRecord {
        guard let id = SessionID(bytes: try row.required("id") as Data) else { throw damaged("session") }
        let use = SessionRecord.Use(
            at: Timestamp(milliseconds: try row.required("last_use_at")),
            generation: Generation(try row.required("last_use_generation")))
        do {
            return try PackedSession.unpack([UInt8](try row.required("packed") as Data), id: id, lastUse: use)
        } catch let failure as PackedSession.Failure {
            switch failure {
            case .unknownVersion(let version):
                throw StoreError(
                    .damaged, "session \(id) was written by a newer version of Tessera (record version \(version))")
            case .damaged:
                throw StoreError(.damaged, "session \(id) cannot be read: its record is damaged")
            }
        }
    }

    static func damaged(_ table: String) -> StoreError {
        StoreError(.damaged, "the session database is damaged: a row of the table '\(table)' cannot be read")
    }
}

extension SessionID {
    /// The bytes as a column keeps them.
    var data: Data { Data(bytes) }
}

extension SessionRecord {
    /// The bytes that compare-and-swap compares.
    var packed: Data { Data(PackedSession.pack(self)) }

    /// Until when the end of an adopted session has to be remembered.
    var blockedUntil: Timestamp? { adoptedUntil.map { $0 + SessionPolicy.clockSkew } }
}

extension Row {
    /// A column that must be there and of its type: whatever a damaged file holds, reading it must not crash.
    func required<Value: DatabaseValueConvertible>(_ column: String) throws -> Value {
        guard let value = Value.fromDatabaseValue(self[column] as DatabaseValue) else {
            throw StoreError(.damaged, "the session database is damaged: a value of '\(column)' cannot be read")
        }
        return value
    }

    func optional<Value: DatabaseValueConvertible>(_ column: String) throws -> Value? {
        (self[column] as DatabaseValue).isNull ? nil : try required(column)
    }
}
