import Foundation
import GRDB
import TesseraCore
import TesseraRuntime

extension SessionTables {
    /// What an entry of the blocklist is about. The raw values stand in the table.
    private enum Kind: Int {
        case token = 1
        case session = 2
        case user = 3
    }

    /// Below every generation there is: the whole session.
    private static let everyGeneration = Generation(.max)

    /// Adds a revocation, and ends what it names in the other tables too, so that nothing lives on once the entry has
    /// expired. Where that raises an epoch, the entry's expiry stands for the moment: it is certainly not too early. Where
    /// it never expires, no later moment would ever come, and the present one does.
    func block(_ revocation: Revocation) throws {
        let raisedAt = revocation.expires == .distantFuture ? WallClock.system.now() : revocation.expires
        switch revocation.fact {
        case .token(let id):
            try enter(.token, Data(id.text.utf8), below: 0, revocation)
        case .session(let id):
            try enter(.session, id.data, below: Self.everyGeneration.number, revocation)
            try execute("DELETE FROM session WHERE id = ?", [id.data])
        case .generations(let id, let below):
            try enter(.session, id.data, below: below.number, revocation)
        case .user(let user, let below):
            try enter(.user, Data(user.text.utf8), below: below.number, revocation)
            guard try epoch(of: user).epoch < below else { return }
            try raiseEpoch(of: user, to: below, at: raisedAt)
        case .everybody(let below):
            guard try deployment().epoch < below else { return }
            try raiseDeployment(to: below, at: raisedAt, reason: revocation.reason)
        }
    }

    private func enter(_ kind: Kind, _ key: Data, below: UInt32, _ revocation: Revocation) throws {
        try execute(
            """
            INSERT INTO blocklist (kind, key, below, expires, reason) VALUES (?, ?, ?, ?, ?) ON CONFLICT (kind, key)
            DO UPDATE SET reason = iif(excluded.below > below, excluded.reason, reason),
            below = max(below, excluded.below), expires = max(expires, excluded.expires)
            """, [kind.rawValue, key, below, revocation.expires.milliseconds, revocation.reason.rawValue])
    }

    /// Whether a session as a whole is on the blocklist.
    func isEnded(_ session: SessionID) throws -> Bool {
        try row(
            "SELECT 1 FROM blocklist WHERE kind = ? AND key = ? AND below = ?",
            [Kind.session.rawValue, session.data, Self.everyGeneration.number]) != nil
    }

    /// Whether a token is on the blocklist by its `jti`.
    func isBlocked(_ token: TokenID) throws -> Bool {
        try row(
            "SELECT 1 FROM blocklist WHERE kind = ? AND key = ?", [Kind.token.rawValue, Data(token.text.utf8)]) != nil
    }

    /// Raises the deployment's epoch; never lowers the moment.
    func raiseDeployment(to epoch: Epoch, at moment: Timestamp, reason: EndReason) throws {
        try execute(
            "UPDATE deployment SET epoch = ?, raised_at = max(ifnull(raised_at, ?), ?), reason = ?",
            [epoch.number, moment.milliseconds, moment.milliseconds, reason.rawValue])
    }

    // MARK: Reading

    /// The entries that have not expired at `now`, and the deployment's raised epoch, which never does.
    func revocations(at now: Timestamp) throws -> [Revocation] {
        let entries = try rows(
            "SELECT kind, key, below, expires, reason FROM blocklist WHERE expires > ?", [now.milliseconds])
        return try entries.map(Self.revocation) + [try deploymentRevocation()].compactMap { $0 }
    }

    private func deploymentRevocation() throws -> Revocation? {
        guard let row = try row("SELECT epoch, reason FROM deployment WHERE epoch > 0") else { return nil }
        return Revocation(
            fact: .everybody(below: Epoch(try row.required("epoch"))), expires: Timestamp(milliseconds: .max),
            reason: try Self.reason(row))
    }

    private static func revocation(_ row: Row) throws -> Revocation {
        Revocation(
            fact: try fact(row), expires: Timestamp(milliseconds: try row.required("expires")), reason: try reason(row))
    }

    private static func fact(_ row: Row) throws -> EndedFact {
        let key: Data = try row.required("key")
        let below: UInt32 = try row.required("below")
        let text = String(validating: key, as: UTF8.self)
        switch Kind(rawValue: try row.required("kind")) {
        case .token:
            if let id = text.flatMap({ TokenID($0) }) { return .token(id) }
        case .session:
            guard let id = SessionID(bytes: key) else { break }
            let below = Generation(below)
            return below == everyGeneration ? .session(id) : .generations(id, below: below)
        case .user:
            if let user = text.flatMap({ UserID($0) }) { return .user(user, below: Epoch(below)) }
        case nil:
            break
        }
        throw damaged("blocklist")
    }

    private static func reason(_ row: Row) throws -> EndReason {
        guard let reason = EndReason(rawValue: try row.required("reason")) else { throw damaged("blocklist") }
        return reason
    }
}
