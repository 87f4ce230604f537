import RESP
import RedisClient
import RedisServers
import TesseraCore
import TesseraRuntime
import Testing

@testable import TesseraRedis

@Suite("The bus over several primaries, and over one that is replaced", .timeLimit(.minutes(3)))
struct TopologyTests {
    /// Reads openings until every shard is covered; the links by their shards.
    private static func openings(_ events: BusEvents) async throws -> [Int: BusLink] {
        var links: [Int: BusLink] = [:]
        while links.count < Fixture.shards.count {
            let link = try await events.opened()
            for shard in link.shards { links[shard] = link }
        }
        return links
    }

    private static func fact(_ name: String) throws -> EndedFact { .token(try #require(TokenID(name))) }

    @Test("In a Cluster each primary has a link of its own, which tells of its shards")
    func cluster() async throws {
        let url = try await SharedServers.cluster.value.url
        try await Fixture.with(url: url) { redis in
            try await redis.listening { events in
                let links = try await Self.openings(events)
                #expect(Set(links.values).count == 3)
                #expect(Set(links.values.map(\.replication)).count == 3)
                for number in 0..<20 {
                    let fact = try Self.fact("token-\(number)")
                    let shard = try #require(Fixture.shards.shard(of: fact))
                    let link = try #require(links[shard])
                    try await redis.store.block(Revocation(fact: fact, expires: start, reason: .reuse))
                    let change = try await events.change(link)
                    #expect(change.shard == shard && change.revocations.map(\.fact) == [fact])

                    try await redis.bus.beat(redis.lease(beat: UInt64(number)), leaseTime: .seconds(9), on: link)
                    guard case .beat(UInt64(number), _) = try await events.message(link) else {
                        Issue.record("no beat")
                        return
                    }
                    #expect(try await redis.bus.members(on: link).leases.map(\.node) == [redis.node])
                }
                try await redis.store.ping()
            }
        }
    }

    @Test("When a primary of a Cluster is replaced, its link is lost, and the next one is in another history")
    func clusterFailover() async throws {
        try await RedisCluster.with { cluster in
            try await Fixture.with(url: cluster.url) { redis in
                try await redis.listening { events in
                    let fact = try Self.fact("token")
                    let shard = try #require(Fixture.shards.shard(of: fact))
                    let old = try #require(try await Self.openings(events)[shard])
                    let slot = redis.keys.slot(ofShard: shard)
                    _ = try await cluster.killPrimary(ofSlot: slot)
                    let new = try await events.reopened(old)
                    #expect(new.replication != old.replication)
                    #expect(new.shards == old.shards)
                    #expect(await failure { try await redis.bus.settle(old) } == .unavailable)
                    try await redis.bus.settle(new)
                    try await redis.store.block(Revocation(fact: fact, expires: start, reason: .reuse))
                    #expect(try await events.change(new).revocations.map(\.fact) == [fact])
                }
            }
        }
    }

    @Test("While its slot moves to another primary a shard answers nothing; afterwards all of it is there, and is told")
    func movingSlot() async throws {
        try await RedisCluster.with { cluster in
            try await Fixture.with(url: cluster.url) { redis in
                try await redis.listening { events in
                    var samples = Samples(seed: 31)
                    let user = try samples.user()
                    let session = samples.session(of: user)
                    let shard = Fixture.shards.shard(of: user)
                    // Before the session is made, or that might be told among the openings.
                    let old = try #require(try await Self.openings(events)[shard])
                    try await redis.store.create(session, of: user)
                    let slot = redis.keys.slot(ofShard: shard)
                    let source = try await cluster.primary(ofSlot: slot)
                    let target = try #require(try await cluster.primaries().first { $0.id != source.id })
                    let gone = Revocation(fact: .session(session.id), expires: start + .hours(1), reason: .signedOut)

                    let move = try await cluster.beginMove(ofSlot: slot, to: target)
                    #expect(await failure { try await redis.store.load(user) } == .unsettled)
                    try await cluster.moveKeys(move)
                    // Nobody would hear of it: the nodes listen to the source.
                    #expect(await failure { try await redis.store.block(gone) } == .unsettled)
                    try await cluster.finish(move)
                    let new = try await events.opened(covering: shard, otherThan: old.primary)
                    #expect(await failure { try await redis.store.load(user) } == .unsettled)
                    try await redis.bus.settle(new)
                    #expect(try await redis.store.load(user).sessions.map(\.id) == [session.id])
                    try await redis.store.block(gone)
                    #expect(try await events.change(new).revocations == [gone])
                }
            }
        }
    }

    @Test("When Sentinels replace the primary, the store is not settled until it is declared to be")
    func sentinelFailover() async throws {
        try await RedisSentinels.with { sentinels in
            try await Fixture.with(url: sentinels.url) { redis in
                try await redis.listening { events in
                    let old = try await events.opened()
                    let user = try #require(UserID("ann"))
                    #expect(try await redis.store.load(user) == UserRecord(user: user))
                    _ = try await sentinels.killPrimary()
                    let new = try await events.reopened(old)
                    #expect(new.replication != old.replication)
                    #expect(await failure { try await redis.store.load(user) } == .unsettled)
                    try await redis.bus.settle(new)
                    #expect(try await redis.store.load(user) == UserRecord(user: user))
                }
            }
        }
    }
}

extension BusEvents {
    /// Reads until there is a link for a shard with another primary.
    fileprivate func opened(covering shard: Int, otherThan primary: String) async throws -> BusLink {
        while true {
            if case .opened(let link) = try await next(), link.shards.contains(shard), link.primary != primary {
                return link
            }
        }
    }

    /// Reads until a link is lost and another one has taken its shards.
    fileprivate func reopened(_ old: BusLink) async throws -> BusLink {
        var isLost = false
        while true {
            switch try await next() {
            case .lost(old): isLost = true
            case .opened(let link) where isLost && !Set(link.shards).isDisjoint(with: old.shards): return link
            case .opened, .lost, .message: continue
            }
        }
    }
}

extension Keyspace {
    /// The slot of a shard's keys: CRC-16 (XMODEM) of what stands in braces.
    fileprivate func slot(ofShard number: Int) -> Int {
        let tag = shard(number).split(separator: "{")[1].dropLast()
        var crc: UInt16 = 0
        for byte in tag.utf8 {
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
        }
        return Int(crc) % 16_384
    }
}
