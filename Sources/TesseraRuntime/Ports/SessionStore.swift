package import TesseraCore

/// Where sessions live: the port that an SQLite file, or Redis, implements.
///
/// A store compares, swaps and publishes; it knows no rules (those are `UserRecord.decide`). Every call is one atomic
/// step, ends within the store's own time limit, and either did what its answer says or throws. After a throw of
/// `commit` or `mark` the caller does not know whether it happened, and must load again.
/// Every implementation passes one contract suite.
///
/// A store of several nodes also publishes: `commit`, `block` and `revokeEverybody` put a `BusChange` on the bus in the
/// same step that writes, with the user and the revocations (none, where only sessions moved on). And it answers no
/// question on a guess: `load`, `owner`, `isBlocked`, `commit`, `mark`, `block` and `revokeEverybody` are answered only by
/// a primary that could write at that moment (so that an isolated old one cannot), and whose shard is settled in its
/// present replication (see `ClusterBus.settle`); otherwise they throw `unsettled`, for the store may lack what it once
/// acknowledged, or the nodes may not listen there yet.
package protocol SessionStore: Sendable {
    /// The record of a user with the deployment's epoch, both as of one moment; a user without record has an empty one.
    func load(_ user: UserID) async throws(StoreError) -> UserRecord

    /// Whose session this is; `nil` when there is none of this name.
    func owner(of session: SessionID) async throws(StoreError) -> UserID?

    /// Whether a token is on the blocklist by its `jti`. That is in no user's record, and may be in another shard.
    func isBlocked(_ token: TokenID) async throws(StoreError) -> Bool

    /// Writes a change, on the conditions that stand in it, and with it its revocations into the blocklist.
    ///
    /// All conditions are checked, and everything is written, in one step; the answer comes when it is durable.
    func commit(_ change: UserChange) async throws(StoreError) -> CommitOutcome

    /// Moves last uses forward, each to the later of what is there and what is given. Never makes a session.
    ///
    /// Returns the marks whose session is not there.
    func mark(_ marks: [Mark]) async throws(StoreError) -> [Mark]

    /// Ends all sessions of everybody: raises the deployment's epoch, removes the sessions, and adds the revocation.
    ///
    /// Adopted sessions go to the blocklist until their NextAuth.js tokens expire, as always.
    /// Returns the deployment's new epoch, which the published fact is `below`. Where it throws, only a part of the
    /// shards may have been reached; calling it again reaches all.
    func revokeEverybody(at now: Timestamp, reason: EndReason) async throws(StoreError) -> EverybodyRevocation

    /// Adds a revocation to the blocklist, and ends what it names: of two for the same fact the wider one and the
    /// later expiry stay; a session is removed, a user's or the deployment's epoch is at least the fact's afterwards.
    ///
    /// So a revocation that is written back to a store that had lost it does not wear off with its entry. Where that
    /// raises an epoch, the entry's expiry stands for the moment, which the fact does not tell: never too early. Where it
    /// never expires, the moment at which the store takes it does.
    /// The revocations of a change count the same. Where a revocation belongs is `Shards.shard(of:)`'s to say.
    @discardableResult
    func block(_ revocation: Revocation) async throws(StoreError) -> Durability

    /// The whole blocklist as far as it still matters at `now`, the deployment's raised epoch included.
    func revocations(at now: Timestamp) async throws(StoreError) -> [Revocation]

    /// Removes sessions past their limits and blocklist entries past their expiry. Returns how many of each.
    ///
    /// An adopted session that is swept goes to the blocklist until its NextAuth.js token expires.
    func sweep(at now: Timestamp) async throws(StoreError) -> SweepResult

    /// Answers when the store can write, and has done the writes that it was given before, or will never do them;
    /// throws when it cannot.
    func ping() async throws(StoreError)
}

/// What became of a change.
package enum CommitOutcome: Sendable, Hashable {
    /// It is written.
    case committed(Durability)
    /// The record is not as it was read: load, and decide again. Nothing was written.
    case stale
    /// The change would create a session that is on the blocklist. Nothing was written.
    case sessionEnded(SessionID)
}

/// How safe a write is. The raw values are stable; they stand in answers.
public enum Durability: String, Sendable, Hashable {
    /// On the store that was written to.
    case primary
    /// And on a replica of it.
    case replicated
}

/// What the end of everybody's sessions came to.
package struct EverybodyRevocation: Sendable, Hashable {
    package let deployment: UserRecord.Deployment
    package let durability: Durability

    package init(deployment: UserRecord.Deployment, durability: Durability = .primary) {
        self.deployment = deployment
        self.durability = durability
    }
}

/// What a sweep removed.
package struct SweepResult: Sendable, Hashable {
    package let sessions: Int
    package let revocations: Int

    package init(sessions: Int, revocations: Int) {
        self.sessions = sessions
        self.revocations = revocations
    }
}

/// Why a store could not do what it was asked to.
package struct StoreError: Error, CustomStringConvertible {
    /// The stable reason.
    package enum Code: String, Sendable, CaseIterable {
        /// It cannot be reached, or cannot write.
        case unavailable = "store_unavailable"
        /// It did not answer in time.
        case timeout = "store_timeout"
        /// It has failed over, or was restarted, and not every node has brought yet what it knows.
        case unsettled = "store_unsettled"
        /// Another process uses it.
        case inUse = "store_in_use"
        /// It holds something that this version cannot read.
        case damaged = "store_damaged"
        /// It is shutting down.
        case closed = "store_closed"
    }

    package let code: Code
    package let message: String
    package let cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String { "\(code.rawValue): \(message)" }
}
