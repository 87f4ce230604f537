import RESP
import RedisServers
import TesseraCore
import TesseraRuntime
import Testing

@testable import TesseraRedis

@Suite("Lasting events are handed out at least once")
struct OutboxTests {
    private static func options(limit: Int) -> RedisSessionStore.Options {
        var options = RedisSessionStore.Options()
        options.outboxLimit = limit
        return options
    }

    /// Ends all sessions of some users, each by one commit, and gives the users.
    private static func end(_ count: Int, _ redis: Fixture, seed: UInt64) async throws -> [UserID] {
        var samples = Samples(seed: seed)
        var users: [UserID] = []
        for _ in 0..<count {
            let user = try samples.user()
            let revocation = Revocation(fact: .user(user, below: Epoch(1)), expires: start, reason: .signedOut)
            _ = try await redis.store.commit(UserRecord(user: user).change(revocations: [revocation]))
            users.append(user)
        }
        return users
    }

    private static func outbox(_ redis: Fixture, _ reader: String, patience: Duration = .seconds(60)) throws
        -> RedisOutbox
    {
        RedisOutbox(
            client: redis.client, keys: redis.keys, group: "audit", reader: try #require(NodeID(reader)),
            patience: patience)
    }

    @Test("Readers of one group share the events, each of which says who was ended and why")
    func shared() async throws {
        try await Fixture.with(options: Self.options(limit: 1000)) { redis in
            let users = try await Self.end(60, redis, seed: 70)
            let (first, second) = (try Self.outbox(redis, "one"), try Self.outbox(redis, "two"))
            let taken = try await first.take(limit: 1) + second.take(limit: 100)
            #expect(taken.count == users.count)
            #expect(Set(taken.compactMap(\.change.user)) == Set(users))
            #expect(taken.allSatisfy { $0.change.revocations.map(\.reason) == [.signedOut] })
            #expect(taken.allSatisfy { $0.change.node == redis.node })
            #expect(try await first.take().isEmpty)
            try await second.finish(taken)
            let left = try await redis.command("XLEN", "outbox", of: users[0])
            #expect(left.int == 0)
        }
    }

    @Test("What a reader took and did not finish goes to another one in the end, and what is finished to none")
    func takenOver() async throws {
        try await Fixture.with(options: Self.options(limit: 1000)) { redis in
            let users = try await Self.end(20, redis, seed: 71)
            let dead = try Self.outbox(redis, "dead")
            let taken = try await dead.take()
            #expect(taken.count == users.count)
            try await dead.finish(Array(taken.prefix(5)))
            let heir = try Self.outbox(redis, "heir", patience: .milliseconds(1))
            var inherited: [RedisOutbox.Event] = []
            while inherited.count < 15 { inherited += try await heir.take().filter { !inherited.contains($0) } }
            #expect(Set(inherited) == Set(taken.dropFirst(5)))
            try await heir.finish(inherited)
            #expect(try await heir.take().isEmpty)
        }
    }

    @Test("A stream that nobody reads is bounded; where nobody is to read there is none")
    func bounded() async throws {
        let user = try #require(UserID("ann"))
        for (limit, expected) in [(100, 100...300), (0, 0...0)] {
            try await Fixture.with(options: Self.options(limit: limit)) { redis in
                for number in UInt32(0)..<1000 {
                    let record = UserRecord(user: user)
                    let id = Fixture.shards.place(SessionID(high: 1, low: UInt64(number)), of: user)
                    let gone = Revocation(fact: .session(id), expires: start, reason: .signedOut)
                    _ = try await redis.store.commit(record.change(revocations: [gone]))
                }
                let length = try await redis.command("XLEN", "outbox", of: user).int ?? 0
                #expect(expected.contains(length))
            }
        }
    }
}
