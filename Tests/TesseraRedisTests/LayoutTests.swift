import RESP
import RedisClient
import TesseraCore
import TesseraRuntime
import Testing

@testable import TesseraRedis

@Suite("What is kept in Redis, and how")
struct LayoutTests {
    @Test("A session takes less than 400 bytes, its user's name and its place in the index included")
    func bytesOfASession() async throws {
        try await Fixture.with { redis in
            var samples = Samples(seed: 1)
            let user = try samples.user()
            try await redis.store.create(samples.session(of: user), of: user)
            // A first session pays for its user's keys alone.
            let hash = try #require(try await redis.usage(of: "user:\(user)", user))
            #expect(hash < 400)
        }
    }

    @Test("A thousand users with a session each take less than 400 bytes a session, all keys together")
    func bytesOfManySessions() async throws {
        try await Fixture.with { redis in
            var samples = Samples(seed: 2)
            // All in one shard, as full as with a deployment of 250,000 sessions.
            let shard = Fixture.shards.shard(of: try samples.user())
            var count = 0
            while count < 4000 {
                let user = try samples.user()
                guard Fixture.shards.shard(of: user) == shard else { continue }
                count += 1
                try await redis.store.create(samples.session(of: user), of: user)
            }
            let bytes = try await redis.usage(ofShard: shard)
            #expect(bytes / count < 400, "\(bytes / count) bytes a session")
        }
    }

    @Test("Ordinary sessions are kept in the dense encoding of small hashes")
    func denseEncoding() async throws {
        try await Fixture.with { redis in
            var samples = Samples(seed: 3)
            let user = try samples.user()
            for _ in 0..<20 { try await redis.store.create(samples.session(of: user), of: user) }
            let long = Device(
                name: String(repeating: "n", count: 48), network: "2001:db8:1234:5678::/48")
            try await redis.store.create(samples.session(of: user, device: long), of: user)
            #expect(
                try await redis.encoding(of: "user:\(user)", user) == "listpack",
                "the longest device does not fit two fields")
        }
    }

    @Test("A session of any size is kept whole, and replaced by one of another size")
    func sizes() async throws {
        try await Fixture.with { redis in
            var samples = Samples(seed: 4)
            let user = try samples.user()
            var session = samples.session(of: user)
            try await redis.store.create(session, of: user)
            for size in [0, 1, 20, 60, 61, 62, 63, 64, 65, 70, 500, 63, 5, 0, 3000, 1] {
                var next = session
                next.claims = size == 0 ? nil : [UInt8](repeating: 0x0A, count: size)
                next.generation = session.generation.next
                let record = try await redis.store.load(user)
                #expect(record.sessions == [session])
                let outcome = try await redis.store.commit(record.change([.replace(session, with: next)]))
                #expect(outcome == .committed(.primary))
                session = next
            }
            #expect(try await redis.store.load(user).sessions == [session])
        }
    }

    @Test("A user's hash goes by itself in the end, but not before his sessions' limits")
    func timeToLive() async throws {
        try await Fixture.with { redis in
            var samples = Samples(seed: 5)
            let user = try samples.user()
            let session = samples.session(of: user)
            try await redis.store.create(session, of: user)
            let days = try #require(try await redis.command("TTL", "user:\(user)", of: user).int) / 86_400
            #expect((30...31).contains(days))

            let adopted = samples.session(of: user, adoptedUntil: start + .days(90))
            try await redis.store.create(adopted, of: user)
            let more = try #require(try await redis.command("TTL", "user:\(user)", of: user).int) / 86_400
            #expect((90...91).contains(more))
        }
    }

    @Test("A raised epoch does not go by itself")
    func raisedEpochStays() async throws {
        try await Fixture.with { redis in
            var samples = Samples(seed: 6)
            let user = try samples.user()
            try await redis.store.create(samples.session(of: user), of: user)
            let record = try await redis.store.load(user)
            let raised = UserChange.RaisedEpoch(epoch: Epoch(1), at: start)
            #expect(try await redis.store.commit(record.change(raising: raised)) == .committed(.primary))
            #expect(try await redis.command("TTL", "user:\(user)", of: user).int == -1)
            let after = try await redis.store.load(user)
            let new = samples.session(of: user, userEpoch: 1)
            #expect(try await redis.store.commit(after.change([.create(new)])) == .committed(.primary))
            #expect(try await redis.command("TTL", "user:\(user)", of: user).int == -1)
        }
    }

    @Test("A session that Redis let go with its user's hash is nobody's, and a sweep forgets it")
    func expiredHash() async throws {
        try await Fixture.with { redis in
            var samples = Samples(seed: 7)
            let user = try samples.user()
            let session = samples.session(of: user)
            try await redis.store.create(session, of: user)
            _ = try await redis.command("DEL", "user:\(user)", of: user)
            #expect(try await redis.store.owner(of: session.id) == nil)
            try await redis.store.create(session, of: user)
            _ = try await redis.command("DEL", "user:\(user)", of: user)
            #expect(try await redis.store.sweep(at: start + .days(31)).sessions == 0)
            #expect(try await redis.command("EXISTS", "due", of: user).int == 0)
        }
    }

    @Test("What is in a hash that a newer version wrote is refused, not guessed at")
    func newerFormat() async throws {
        try await Fixture.with { redis in
            var samples = Samples(seed: 8)
            let user = try samples.user()
            let session = samples.session(of: user)
            try await redis.store.create(session, of: user)
            _ = try await redis.command("HSET", "user:\(user)", "s:\(session.id)", "\u{02}new", of: user)
            #expect(await failure { try await redis.store.load(user) } == .damaged)
            _ = try await redis.command("DEL", "user:\(user)", of: user)
            _ = try await redis.command("SET", "user:\(user)", "another program's", of: user)
            #expect(await failure { try await redis.store.load(user) } == .damaged)
        }
    }
}

extension Fixture {
    /// The bytes that a key of a user's shard takes.
    func usage(of key: String, _ user: UserID) async throws -> Int? {
        let shard = keys.shard(Self.shards.shard(of: user))
        return try await client.execute(
            RedisCommand("MEMORY", "USAGE", "\(shard):\(key)", "SAMPLES", 0), key: RedisKey(shard)
        ).int
    }

    /// The bytes that all keys of a shard take.
    func usage(ofShard shard: Int) async throws -> Int {
        let prefix = keys.shard(shard)
        let script = RedisScript(
            name: "usage",
            source: """
                local sum = 0
                for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
                    sum = sum + redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0)
                end
                return sum
                """)
        let pattern = prefix.replacing("{", with: "\\{").replacing("}", with: "\\}") + ":*"
        return try #require(
            try await client.evaluate(script, keys: [RedisKey(prefix)], arguments: [.string(pattern)]).int)
    }

    func encoding(of key: String, _ user: UserID) async throws -> String? {
        let shard = keys.shard(Self.shards.shard(of: user))
        return try await client.execute(
            RedisCommand("OBJECT", "ENCODING", "\(shard):\(key)"), key: RedisKey(shard)
        ).string
    }
}
