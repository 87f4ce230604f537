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
        try await RedisServer.with { primary in
            var options = RedisServerOptions()
            options.replicaOf = primary.port
            try await RedisServer.with(options) { replica in
                try await replica.waitUntilInSync()
                try await primary.waitForReplicas(1)
                try await Fixture.with(url: primary.url) { redis in
                    var samples = Samples(seed: 60)
                    let user = try samples.user()
                    let revocation = Revocation(
                        fact: .user(user, below: Epoch(1)), expires: start, reason: .signedOut)
                    // The primary begins with a new replica up to a second after that believes itself in sync.
                    try await eventually("a revocation is replicated") {
                        try await redis.store.block(revocation) == .replicated
                    }
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
