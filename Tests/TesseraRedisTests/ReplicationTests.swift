import RESP
import RedisClient
import RedisServers
import TesseraCore
import TesseraRuntime
import Testing

@testable import TesseraRedis

@Suite("A revocation says whether a replica has it")
struct ReplicationTests {
    private static let fact = EndedFact.everybody(below: Epoch(1))

    @Test("With a replica it is replicated; with one that does not answer it is on the primary, and that soon")
    func replica() async throws {
        try await withReplica { redis, replica in
            var samples = Samples(seed: 60)
            let user = try samples.user()
            let revocation = Revocation(fact: .user(user, below: Epoch(1)), expires: start, reason: .signedOut)
            #expect(try await redis.store.block(revocation) == .replicated)
            let record = try await redis.store.load(user)
            let change = record.change(revocations: [revocation])
            #expect(try await redis.store.commit(change) == .committed(.replicated))
            let everybody = try await redis.store.revokeEverybody(at: start, reason: .revokedByOperator)
            #expect(everybody.durability == .replicated)
            replica.pause()
            #expect(try await redis.store.block(revocation) == .primary)
            replica.resume()
            // What ends nothing does not wait.
            let after = try await redis.store.load(user)
            let session = samples.session(of: user, userEpoch: 1, deploymentEpoch: 1)
            #expect(try await redis.store.commit(after.change([.create(session)])) == .committed(.primary))
        }
    }

    @Test("What the primary has accepted is in the node's mirror before a replica has it")
    func acceptedFirst() async throws {
        try await withReplica { redis, replica in
            var samples = Samples(seed: 61)
            let (mirror, accepted) = (Mirror(shards: Fixture.shards), AcceptedRevocations())
            accepted.go(to: mirror)
            var options = RedisSessionStore.Options()
            options.replicationLimit = .seconds(8)
            let store = RedisSessionStore(
                client: redis.client, keys: redis.keys, node: redis.node, clock: .system, options: options,
                accepted: accepted)
            let user = try samples.user()
            let (one, other) = (samples.session(of: user), samples.session(of: user))
            let record = try await store.load(user)
            let ending = { @Sendable (session: SessionRecord) in
                Revocation(fact: .session(session.id), expires: start + .hours(1), reason: .signedOut)
            }
            replica.pause()
            async let committed = store.commit(record.change(revocations: [ending(one)]))
            try await eventually("the mirror has what was committed") { mirror.isEnded(one.id) }
            replica.resume()
            #expect(try await committed == .committed(.replicated))
            replica.pause()
            async let blocked = store.block(ending(other))
            try await eventually("the mirror has what was blocked") { mirror.isEnded(other.id) }
            replica.resume()
            #expect(try await blocked == .replicated)
        }
    }

    @Test("What was written in another history of the primary is not said to be replicated")
    func otherHistory() async throws {
        try await withReplica { redis, _ in
            let wait = ReplicationWait(client: redis.client, keys: redis.keys, limit: .seconds(8))
            let history = try #require(try await redis.links().first).replication
            let here = ShardWrite(1, history: history)
            let before = ShardWrite(2, history: ReplicationID(String(repeating: "0", count: 40)))
            #expect(await wait.durability(of: [here, ShardWrite(3, history: nil)]) == .replicated)
            #expect(await wait.durability(of: [here, before]) == .primary)
        }
    }

    /// A primary that counts its replica, and the replica.
    private func withReplica(_ body: (Fixture, RedisServer) async throws -> Void) async throws {
        try await RedisServer.with { primary in
            var options = RedisServerOptions()
            options.replicaOf = primary.port
            try await RedisServer.with(options) { replica in
                try await replica.waitUntilInSync()
                try await primary.waitForReplicas(1)
                try await Fixture.with(url: primary.url) { redis in try await body(redis, replica) }
            }
        }
    }

    @Test("Without a replica nothing is waited for")
    func alone() async throws {
        try await Fixture.with { redis in
            let revocation = Revocation(fact: Self.fact, expires: start, reason: .signedOut)
            let durability = try await redis.store.block(revocation)
            #expect(durability == .primary)
        }
    }
}
