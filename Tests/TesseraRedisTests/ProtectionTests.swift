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
            ("blocked", { _ = try await store.isBlocked(try #require(TokenID("token"))) }),
            ("commit", { _ = try await store.commit(UserRecord(user: user).change([.create(session)])) }),
            ("mark", { _ = try await store.mark([mark]) }),
            (
                "block",
                { try await store.block(Revocation(fact: .session(session.id), expires: start, reason: .reuse)) }
            ),
            ("everybody", { _ = try await store.revokeEverybody(at: start, reason: .revokedByOperator) }),
        ]
    }

    @Test("A new store answers nothing before it is declared settled, but takes what a node writes back")
    func newStore() async throws {
        try await Fixture.with(isSettled: false) { redis in
            var samples = Samples(seed: 20)
            for question in try Self.questions(redis.store, &samples) {
                #expect(await failure { try await question.ask() } == .unsettled, "\(question.name)")
            }
            let fact = EndedFact.session(samples.session(of: try samples.user()).id)
            let shard = try #require(Fixture.shards.shard(of: fact))
            let link = try #require(try await redis.links().first)
            let revocation = Revocation(fact: fact, expires: start + .hours(1), reason: .signedOut)
            try await redis.bus.writeBack([revocation], of: shard, on: link)
            try await redis.settle()
            #expect(try await redis.store.revocations(at: start) == [revocation])
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

    @Test("A server that is full takes no sign-in, and says why; checks, sign-outs and sweeps go on")
    func full() async throws {
        try await RedisServer.with { server in
            try await Fixture.with(url: server.url) { redis in
                var samples = Samples(seed: 24)
                let user = try samples.user()
                let sessions = [samples.session(of: user), samples.session(of: user), samples.session(of: user)]
                try await redis.store.create(sessions[0], sessions[1], of: user)
                _ = try await server.command("CONFIG", "SET", "maxmemory", "1")
                let record = try await redis.store.load(user)
                do {
                    _ = try await redis.store.commit(record.change([.create(sessions[2])]))
                    Issue.record("signed in without memory")
                } catch let error as StoreError {
                    #expect(error.code == .unavailable && error.message.contains("maxmemory"))
                }
                var next = sessions[0]
                next.generation = next.generation.next
                let gone = Revocation(
                    fact: .session(sessions[1].id), expires: start + .hours(1), reason: .signedOut)
                for change in [
                    record.change([.replace(sessions[0], with: next)]),
                    record.change([.remove(sessions[1].id)], revocations: [gone]),
                ] {
                    #expect(try await redis.store.commit(change) == .committed(.primary))
                }
                let mark = Mark(user: user, session: next.id, use: next.lastUse)
                #expect(try await redis.store.mark([mark]).isEmpty)
                #expect(try await redis.store.revocations(at: start) == [gone])
                #expect(
                    try await redis.store.sweep(at: start + .days(40)) == SweepResult(sessions: 1, revocations: 1))
                let link = try #require(try await redis.links().first)
                try await redis.bus.beat(redis.lease(beat: 1), leaseTime: .seconds(9), on: link)
                #expect(try await redis.bus.members(on: link).leases.count == 1)
                try await redis.store.ping()
            }
        }
    }

    @Test("A sweep of a shard that is not settled, such as one whose slot moves, takes nothing away")
    func sweepUnsettled() async throws {
        try await Fixture.with { redis in
            var samples = Samples(seed: 25)
            let user = try samples.user()
            let session = samples.session(of: user)
            try await redis.store.create(session, of: user)
            let shard = Fixture.shards.shard(of: user)
            let found = try await redis.store.due(on: shard, at: .distantFuture)
            let gone = Revocation(fact: .session(samples.session(of: user).id), expires: start, reason: .signedOut)
            try await redis.store.block(gone)
            // As where a slot moves to: the index of owners is there already, and the user's sessions are not.
            let late = start + .days(40)
            let (prefix, hash) = (redis.keys.shard(shard), "user:\(user.text)")
            _ = try await redis.command("RENAME", hash, "\(prefix):elsewhere", of: user)
            _ = try await redis.command("RENAME", "settled", "\(prefix):away", of: user)
            #expect(await failure { try await redis.store.sweep(at: late) } == .unsettled)
            #expect(await failure { try await redis.store.due(on: shard, at: late) } == .unsettled)
            #expect(await failure { try await redis.store.buckets(of: shard) } == .unsettled)
            let verdicts = found.sessions.map { $0.ended(at: late) }
            #expect(
                await failure { try await redis.store.settle(verdicts, on: shard, reason: .expired) } == .unsettled)
            _ = try await redis.command("RENAME", "elsewhere", "\(prefix):\(hash)", of: user)
            _ = try await redis.command("RENAME", "away", "\(prefix):settled", of: user)
            #expect(try await redis.store.owner(of: session.id) == user)
            #expect(try await redis.store.sweep(at: late) == SweepResult(sessions: 1, revocations: 1))
        }
    }

    @Test("A server that is gone is said to be unavailable")
    func gone() async throws {
        try await RedisServer.with { server in
            try await Fixture.with(url: server.url) { redis in
                try await server.kill()
                let user = try #require(UserID("ann"))
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

    @Test("What a change ends in another shard is ended there, too, once the change is written")
    func otherShard() async throws {
        try await Fixture.with { redis in
            var samples = Samples(seed: 23)
            let (ann, bob) = (try samples.user(), try samples.user())
            let ofBob = samples.session(of: bob)
            #expect(Fixture.shards.shard(of: ann) != Fixture.shards.shard(of: bob))
            try await redis.store.create(ofBob, of: bob)
            let gone = Revocation(fact: .session(ofBob.id), expires: start + .hours(1), reason: .revokedByOperator)
            let change = UserRecord(user: ann).change([.remove(ofBob.id)], revocations: [gone])
            #expect(try await redis.store.commit(change) == .committed(.primary))
            #expect(try await redis.store.load(bob).sessions.isEmpty)
            #expect(try await redis.store.revocations(at: start) == [gone])
            // No session of a user can have the name of another shard's.
            let strange = SessionRecord(
                id: ofBob.id, generation: .first, rotatedAt: start, createdAt: start, authenticatedAt: start,
                idleTimeout: .hours(1), absoluteLimit: start, userEpoch: .initial, deploymentEpoch: .initial,
                device: .unknown, adoptedUntil: nil, claims: nil, lastUse: ofBob.lastUse)
            #expect(try await redis.store.commit(UserRecord(user: ann).change([.create(strange)])) == .stale)
        }
    }
}
