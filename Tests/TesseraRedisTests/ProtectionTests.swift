import RESP
import RedisClient
import RedisServers
import TesseraCore
import TesseraRuntime
import Testing

@testable import TesseraRedis

@Suite("A store that cannot vouch for what it has answers nothing")
struct ProtectionTests {
    /// The calls that must not be answered on a guess.
    private static func questions(
        _ store: RedisSessionStore, _ samples: inout Samples
    ) throws -> [(name: String, ask: @Sendable () async throws -> Void)] {
        let user = try samples.user()
        let session = samples.session(of: user)
        let mark = Mark(user: user, session: session.id, use: session.lastUse)
        return [
            ("load", { _ = try await store.load(user) }),
            ("owner", { _ = try await store.owner(of: session.id) }),
            ("commit", { _ = try await store.commit(UserRecord(user: user).change([.create(session)])) }),
            ("mark", { _ = try await store.mark([mark]) }),
            ("everybody", { _ = try await store.revokeEverybody(at: start, reason: .revokedByOperator) }),
        ]
    }

    @Test("A new store answers nothing before it is declared settled, but takes revocations")
    func newStore() async throws {
        try await Fixture.with(isSettled: false) { redis in
            var samples = Samples(seed: 20)
            for question in try Self.questions(redis.store, &samples) {
                #expect(await failure { try await question.ask() } == .unsettled, "\(question.name)")
            }
            let fact = EndedFact.session(samples.session(of: try samples.user()).id)
            try await redis.store.block(Revocation(fact: fact, expires: start, reason: .signedOut))
            try await redis.settle()
            for question in try Self.questions(redis.store, &samples) { try await question.ask() }
        }
    }

    @Test("A store that was restarted, or emptied, is not settled any more")
    func restarted() async throws {
        var options = RedisServerOptions()
        options.persistence = .everyWrite
        try await RedisServer.with(options) { server in
            try await Fixture.with(url: server.url) { redis in
                var samples = Samples(seed: 21)
                for question in try Self.questions(redis.store, &samples) { try await question.ask() }
                try await server.restart()
                for question in try Self.questions(redis.store, &samples) {
                    #expect(await failure { try await question.ask() } == .unsettled, "\(question.name)")
                }
                try await redis.settle()
                for question in try Self.questions(redis.store, &samples) { try await question.ask() }
                _ = try await server.command("FLUSHALL")
                for question in try Self.questions(redis.store, &samples) {
                    #expect(await failure { try await question.ask() } == .unsettled, "\(question.name)")
                }
            }
        }
    }

    @Test("A primary that has lost its replicas answers no question, also none that only reads")
    func isolatedPrimary() async throws {
        try await RedisServer.with { server in
            try await Fixture.with(url: server.url) { redis in
                var samples = Samples(seed: 22)
                for question in try Self.questions(redis.store, &samples) { try await question.ask() }
                _ = try await server.command("CONFIG", "SET", "min-replicas-to-write", "1")
                for question in try Self.questions(redis.store, &samples) {
                    #expect(await failure { try await question.ask() } == .unavailable, "\(question.name)")
                }
                #expect(await failure { try await redis.store.revocations(at: start) } == .unavailable)
                #expect(await failure { try await redis.store.ping() } == .unavailable)
                #expect(await failure { try await redis.store.sweep(at: start) } == .unavailable)
            }
        }
    }

    @Test("A server that is gone is said to be, and one that is full")
    func words() async throws {
        try await RedisServer.with { server in
            try await Fixture.with(url: server.url) { redis in
                let user = try #require(UserID("ann"))
                _ = try await server.command("CONFIG", "SET", "maxmemory", "1")
                do {
                    _ = try await redis.store.load(user)
                    Issue.record("answered without memory")
                } catch let error as StoreError {
                    #expect(error.message.contains("maxmemory"))
                }
                try await server.kill()
                #expect(await failure { try await redis.store.load(user) } == .unavailable)
            }
        }
    }

    @Test("A raise of the deployment's epoch that was interrupted counts for the mirrors, and a sweep completes it")
    func interruptedRaise() async throws {
        try await Fixture.with { redis in
            _ = try await redis.store.revokeEverybody(at: start, reason: .revokedByOperator)
            // The raise reached three shards only.
            for shard in [7, 8, 63] {
                _ = try await redis.store.raiseDeployment(on: shard, to: Epoch(2), at: start, reason: .reuse)
            }
            let facts = try await redis.store.revocations(at: start).map(\.fact)
            #expect(facts == [.everybody(below: Epoch(2))])
            _ = try await redis.store.sweep(at: start)
            for shard in Fixture.shards.all {
                let copy = try await redis.store.deployment(of: shard)
                #expect(copy.deployment.epoch == Epoch(2))
            }
        }
    }

    @Test("Ending everybody's sessions again after an interruption raises every shard above the highest")
    func raisedAgain() async throws {
        try await Fixture.with { redis in
            _ = try await redis.store.raiseDeployment(on: 5, to: Epoch(9), at: start, reason: .reuse)
            let revoked = try await redis.store.revokeEverybody(at: start + .hours(1), reason: .revokedByOperator)
            #expect(revoked.deployment == .init(epoch: Epoch(10), raisedAt: start + .hours(1)))
            for shard in Fixture.shards.all {
                #expect(try await redis.store.deployment(of: shard).deployment.epoch == Epoch(10))
            }
        }
    }

    @Test("Epochs of any size in a packed session are compared by a mark", arguments: [1, 127, 128, 300, 70_000])
    func packedEpochs(_ epoch: UInt32) async throws {
        try await Fixture.with { redis in
            var samples = Samples(seed: UInt64(epoch))
            let user = try samples.user()
            let old = samples.session(of: user, userEpoch: epoch - 1, deploymentEpoch: epoch)
            let present = samples.session(of: user, userEpoch: epoch, deploymentEpoch: epoch)
            let earlier = samples.session(of: user, userEpoch: epoch, deploymentEpoch: epoch - 1)
            try await redis.store.create(old, present, earlier, of: user)
            for fact in [EndedFact.user(user, below: Epoch(epoch)), .everybody(below: Epoch(epoch))] {
                try await redis.store.block(Revocation(fact: fact, expires: start + .hours(1), reason: .reuse))
            }
            let marks = [old, present, earlier].map { Mark(user: user, session: $0.id, use: $0.lastUse) }
            #expect(try await redis.store.mark(marks) == [marks[0], marks[2]])
        }
    }

    @Test("A node with another number of shards, or another version's layout, may not use a Redis that is set up")
    func join() async throws {
        try await Fixture.with { redis in
            try await RedisDeployment.join(client: redis.client, keys: redis.keys)
            try await RedisDeployment.join(client: redis.client, keys: redis.keys)
            let others = try #require(Shards(count: 32))
            let keys = try #require(Keyspace(prefix: redis.keys.prefix, shards: others))
            do {
                try await RedisDeployment.join(client: redis.client, keys: keys)
                Issue.record("joined with another number of shards")
            } catch let error as StoreError {
                #expect(error.message.contains("64 shards") && error.message.contains("32"))
            }
            _ = try await redis.client.execute(RedisCommand("HSET", redis.keys.meta, "schema", 99))
            #expect(
                await failure { try await RedisDeployment.join(client: redis.client, keys: redis.keys) } == .damaged)
        }
    }
}
