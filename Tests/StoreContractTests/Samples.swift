import TesseraCore
import TesseraRuntime
import TesseraTestKit
import Testing

/// A moment that the tests start from.
let start = Timestamp(seconds: 1_800_000_000)

/// Users, sessions and revocations, the same for the same seed.
///
/// All users, and all sessions, belong to one shard, so that any session may be any user's (see `Shards`); with other
/// seeds to others.
struct Samples {
    static let shards = Shards(count: 64) ?? .single

    var random: SeededRandom
    private let shard: Int

    /// Samples of the shard of a user, or of one that follows from the seed.
    init(seed: UInt64, like user: UserID? = nil) {
        random = SeededRandom(seed: seed)
        shard = user.map(Self.shards.shard) ?? Int(seed % UInt64(Self.shards.count))
    }

    /// A user's name that no other call gives.
    mutating func user() throws -> UserID {
        while true {
            let user = try #require(UserID("user-\(random.next())"))
            if Self.shards.shard(of: user) == shard { return user }
        }
    }

    /// A user's name that no other call gives, of any shard.
    mutating func userAnywhere() throws -> UserID { try #require(UserID("user-\(random.next())")) }

    mutating func sessionID() -> SessionID {
        // Six bits are the shard's.
        SessionID(high: random.next() & (.max >> 6) | UInt64(shard) << 58, low: random.next())
    }

    mutating func tokenID() throws -> TokenID { try #require(TokenID("token-\(random.next())")) }

    /// A plain session: 1 hour idle, 24 hours absolute. For a user of another shard he has to be named.
    mutating func session(
        of user: UserID? = nil, at now: Timestamp = start, userEpoch: Epoch = .initial,
        deploymentEpoch: Epoch = .initial,
        adoptedUntil: Timestamp? = nil
    ) -> SessionRecord {
        let id = sessionID()
        return SessionRecord(
            id: user.map { Self.shards.place(id, of: $0) } ?? id, generation: .first, rotatedAt: now, createdAt: now,
            authenticatedAt: now,
            idleTimeout: .hours(1), absoluteLimit: now + .hours(24), userEpoch: userEpoch,
            deploymentEpoch: deploymentEpoch, device: Device(name: "Firefox, Linux", network: "192.0.2.0/24"),
            adoptedUntil: adoptedUntil, claims: nil, lastUse: SessionRecord.Use(at: now, generation: .adopted))
    }

    /// A session with anything in every member.
    mutating func anySession(id: SessionID? = nil) -> SessionRecord {
        let created = moment()
        return SessionRecord(
            id: id ?? sessionID(), generation: Generation(counter()), rotatedAt: moment(), createdAt: created,
            authenticatedAt: moment(), idleTimeout: .milliseconds(Int64.random(in: 0...10_000_000_000, using: &random)),
            absoluteLimit: moment(), userEpoch: Epoch(counter()), deploymentEpoch: Epoch(counter()),
            device: Device(name: text(), network: text()), adoptedUntil: Bool.random(using: &random) ? moment() : nil,
            claims: Bool.random(using: &random) ? random.bytes(Int.random(in: 1...3000, using: &random)) : nil,
            lastUse: SessionRecord.Use(at: moment(), generation: Generation(counter())))
    }

    /// A moment between 1870 and 2127.
    private mutating func moment() -> Timestamp {
        Timestamp(milliseconds: Int64.random(in: -3_155_760_000_000...4_955_760_000_000, using: &random))
    }

    private mutating func counter() -> UInt32 {
        [0, 1, 127, 128, .max, UInt32.random(in: 0...(.max), using: &random)].randomElement(using: &random) ?? 0
    }

    private mutating func text() -> String {
        let pieces = [
            "", "Safari 18, macOS", "2001:db8:7::/48", "e\u{301}", "\u{e9}", "'; DROP TABLE session; --", "日本",
        ]
        return (pieces.randomElement(using: &random) ?? "") + (pieces.randomElement(using: &random) ?? "")
    }
}

extension UserRecord {
    /// A change on the condition that this record is unchanged.
    func change(
        _ edits: [SessionEdit] = [], raising: UserChange.RaisedEpoch? = nil, revocations: [Revocation] = []
    ) -> UserChange {
        UserChange(
            user: user, expectedEpoch: epoch, expectedDeploymentEpoch: deployment.epoch, raisedEpoch: raising,
            edits: edits, revocations: revocations)
    }

    /// The same with the sessions in a fixed order, for comparing.
    var inOrder: UserRecord {
        var record = self
        record.sessions.sort { $0.id < $1.id }
        return record
    }
}

extension SessionRecord {
    /// The next generation of this session.
    func rotated(at now: Timestamp) -> SessionRecord {
        var next = self
        next.generation = generation.next
        next.rotatedAt = now
        return next
    }
}

extension SessionStore {
    /// Makes sessions for a user as his record stands.
    func create(_ sessions: SessionRecord..., of user: UserID) async throws {
        let record = try await load(user)
        #expect(try await commit(record.change(sessions.map { .create($0) })) == .committed(.primary))
    }

    /// The facts of the blocklist.
    func facts(at now: Timestamp = start) async throws -> Set<EndedFact> {
        Set(try await revocations(at: now).map(\.fact))
    }
}
