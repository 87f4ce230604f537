import RESP
import RedisClient
import RedisServers
import Synchronization
import TesseraCore
import TesseraRuntime
import Testing

@testable import TesseraRedis

@Suite("The bus tells every node, in order, what the others did", .timeLimit(.minutes(2)))
struct BusTests {
    @Test("A link covers all shards, and names the history that its primary is in")
    func opened() async throws {
        try await Fixture.with { redis in
            try await redis.listening { events in
                let link = try await events.opened()
                #expect(link.shards == Array(Fixture.shards.all))
                #expect(try await redis.links().map(\.replication) == [link.replication])
            }
        }
    }

    @Test("What one node commits, blocks and ends arrives at another, with the user, the node and the time")
    func changes() async throws {
        try await Fixture.with(node: "node-a") { a in
            try await Fixture.with(prefix: a.keys.prefix, node: "node-b", isSettled: false) { b in
                try await b.listening { events in
                    let link = try await events.opened()
                    var samples = Samples(seed: 40)
                    let user = try samples.user()
                    let shard = Fixture.shards.shard(of: user)
                    let session = samples.session(of: user)
                    try await a.store.create(session, of: user)
                    var change = try await events.change(link)
                    #expect(change == BusChange.expected(a.node, shard, user, [], change.acceptedAt))
                    #expect(abs((change.acceptedAt - WallClock.system.now()).milliseconds) < 60_000)

                    let gone = Revocation(fact: .session(session.id), expires: start + .minutes(6), reason: .reuse)
                    let record = try await a.store.load(user)
                    _ = try await a.store.commit(record.change([.remove(session.id)], revocations: [gone]))
                    change = try await events.change(link)
                    #expect(change == BusChange.expected(a.node, shard, user, [gone], change.acceptedAt))

                    let raised = Revocation(
                        fact: .user(user, below: Epoch(4)), expires: start + .minutes(7), reason: .signedOutEverywhere)
                    try await a.store.block(raised)
                    change = try await events.change(link)
                    #expect(change == BusChange.expected(a.node, shard, user, [raised], change.acceptedAt))
                }
            }
        }
    }

    @Test("The end of everybody's sessions arrives from every shard")
    func everybody() async throws {
        try await Fixture.with { redis in
            try await redis.listening { events in
                let link = try await events.opened()
                let revoked = try await redis.store.revokeEverybody(at: start, reason: .revokedByOperator)
                var shards: Set<Int> = []
                while shards.count < Fixture.shards.count {
                    let change = try await events.change(link)
                    shards.insert(change.shard)
                    #expect(change.revocations.map(\.fact) == [.everybody(below: revoked.deployment.epoch)])
                    #expect(change.user == nil)
                }
            }
        }
    }

    @Test("What is refused is not told")
    func refused() async throws {
        try await Fixture.with { redis in
            var samples = Samples(seed: 41)
            let user = try samples.user()
            let session = samples.session(of: user)
            let ended = samples.session(of: user)
            try await redis.store.create(session, of: user)
            try await redis.store.block(
                Revocation(fact: .session(ended.id), expires: start, reason: .signedOut))
            try await redis.listening { events in
                let link = try await events.opened()
                let empty = UserRecord(user: user)
                #expect(try await redis.store.commit(empty.change([.create(session)])) == .stale)
                #expect(try await redis.store.commit(empty.change([.create(ended)])) == .sessionEnded(ended.id))
                try await redis.store.create(samples.session(of: user), of: user)
                // The first message is the one of the change that was written.
                #expect(try await events.change(link).user == user)
                let request = ConfirmationRequest(number: 1, node: redis.node, shards: [link.shards[0]])
                try await redis.bus.ask(request, on: link)
                #expect(try await events.message(link) == .asked(request))
            }
        }
    }

    @Test("Messages of many nodes' changes arrive in the order in which the primary took them")
    func order() async throws {
        try await Fixture.with { redis in
            try await redis.listening { events in
                let link = try await events.opened()
                var samples = Samples(seed: 42)
                let users = try (0..<200).map { _ in try samples.user() }
                let sessions = users.map { samples.session(of: $0) }
                for (user, session) in zip(users, sessions) {
                    let change = UserRecord(user: user).change([.create(session)])
                    #expect(try await redis.store.commit(change) == .committed(.primary))
                }
                var told: [UserID?] = []
                for _ in users { told.append(try await events.change(link).user) }
                #expect(told == users)
            }
        }
    }

    @Test("A beat comes back to its own node alone, behind everything that was accepted before")
    func beat() async throws {
        try await Fixture.with(node: "node-a") { a in
            try await Fixture.with(prefix: a.keys.prefix, node: "node-b", isSettled: false) { b in
                try await a.listening { ofA in
                    try await b.listening { ofB in
                        let (linkA, linkB) = (try await ofA.opened(), try await ofB.opened())
                        let fact = EndedFact.token(try #require(TokenID("token")))
                        try await b.store.block(Revocation(fact: fact, expires: start, reason: .reuse))
                        try await a.bus.beat(a.lease(beat: 7), leaseTime: .seconds(9), on: linkA)
                        #expect(try await ofA.change(linkA).revocations.map(\.fact) == [fact])
                        guard case .beat(7, _) = try await ofA.message(linkA) else {
                            Issue.record("no beat")
                            return
                        }
                        #expect(try await ofB.change(linkB).revocations.map(\.fact) == [fact])
                        try await b.bus.beat(b.lease(beat: 8), leaseTime: .seconds(9), on: linkB)
                        guard case .beat(8, _) = try await ofB.message(linkB) else {
                            Issue.record("a beat of another node")
                            return
                        }
                    }
                }
            }
        }
    }

    @Test("Requests reach every node, and answers the one that asked")
    func confirmation() async throws {
        try await Fixture.with(node: "node-a") { a in
            try await Fixture.with(prefix: a.keys.prefix, node: "node-b", isSettled: false) { b in
                try await a.listening { ofA in
                    try await b.listening { ofB in
                        let (linkA, linkB) = (try await ofA.opened(), try await ofB.opened())
                        let request = ConfirmationRequest(number: 3, node: a.node, shards: [4, 9, 11])
                        try await a.bus.ask(request, on: linkA)
                        #expect(try await ofB.message(linkB) == .asked(request))
                        #expect(try await ofA.message(linkA) == .asked(request))
                        try await b.bus.confirm(request, by: b.node, on: linkB)
                        #expect(try await ofA.message(linkA) == .confirmed(3, by: b.node))
                    }
                }
            }
        }
    }

    @Test("A link that is cut off is lost before the next one opens, under a higher number")
    func cut() async throws {
        try await RedisServer.with { server in
            try await Fixture.with(url: server.url) { redis in
                try await redis.listening { events in
                    let first = try await events.opened()
                    _ = try await server.killClients("pubsub")
                    #expect(try await events.next() == .lost(first))
                    let second = try await events.opened()
                    #expect(second.number > first.number)
                    #expect(second.replication == first.replication)

                    await redis.bus.reopen(second)
                    #expect(try await events.next() == .lost(second))
                    let third = try await events.opened()
                    #expect(third.number > second.number)
                    let fact = EndedFact.token(try #require(TokenID("token")))
                    try await redis.store.block(Revocation(fact: fact, expires: start, reason: .reuse))
                    #expect(try await events.change(third).revocations.map(\.fact) == [fact])
                }
            }
        }
    }

    @Test("After a restart the link is another one, in another history; what is meant for the old one is refused")
    func restart() async throws {
        var options = RedisServerOptions()
        options.persistence = .everyWrite
        try await RedisServer.with(options) { server in
            try await Fixture.with(url: server.url) { redis in
                try await redis.listening { events in
                    let old = try await events.opened()
                    let fact = EndedFact.token(try #require(TokenID("token")))
                    let revocation = Revocation(fact: fact, expires: start + .hours(1), reason: .reuse)
                    let shard = try #require(Fixture.shards.shard(of: fact))
                    try await redis.bus.writeBack([revocation], of: shard, on: old)
                    #expect(try await events.change(old).revocations == [revocation])
                    try await server.restart()
                    #expect(try await events.next() == .lost(old))
                    let new = try await events.opened()
                    #expect(new.replication != old.replication)

                    let reading = try await redis.bus.blocklist(of: shard, at: start, on: new)
                    #expect(reading == BlocklistReading(revocations: [revocation], settledIn: old.replication))
                    #expect(try await redis.bus.members(on: new).settledIn == [old.replication])
                    try await redis.bus.settle(new)
                    #expect(try await redis.bus.members(on: new).settledIn == [new.replication])
                    try await redis.expectRefused(on: old, shard: shard)
                }
            }
        }
    }

    @Test(
        "A store without a history begins one: it answers, adopts nothing, and counts as never settled until declared so"
    )
    func beginning() async throws {
        try await Fixture.with(isSettled: false) { redis in
            let link = try #require(try await redis.links().first)
            let user = try #require(UserID("ada"))
            #expect(await failure { try await redis.store.load(user) } == .unsettled)
            try await redis.bus.begin(link)
            try await redis.bus.begin(link)
            #expect(try await redis.store.load(user).sessions.isEmpty)
            #expect(try await redis.bus.members(on: link).settledIn == [nil])
            #expect(try await redis.bus.blocklist(of: 3, at: start, on: link).settledIn == nil)

            var samples = Samples(seed: 47)
            let adopted = samples.session(of: user, adoptedUntil: start + .hours(1))
            let record = try await redis.store.load(user)
            let adopt = { try await redis.store.commit(record.change([.create(adopted)])) }
            #expect(await failure(adopt) == .unsettled)
            try await redis.bus.settle(link)
            #expect(try await redis.bus.members(on: link).settledIn == [link.replication])
            #expect(try await adopt() == .committed(.primary))
        }
    }

    @Test("A store with another history does not begin: nothing is answered until it is settled")
    func beginningElsewhere() async throws {
        var options = RedisServerOptions()
        options.persistence = .everyWrite
        try await RedisServer.with(options) { server in
            try await Fixture.with(url: server.url) { redis in
                try await server.restart()
                let user = try #require(UserID("ada"))
                let link = try #require(try await redis.links().first)
                #expect(await failure { try await redis.bus.begin(link) } == .unsettled)
                #expect(await failure { try await redis.store.load(user) } == .unsettled)
            }
        }
    }

    @Test("Who has a lease is a member, until it runs out or the node leaves")
    func members() async throws {
        try await Fixture.with(node: "node-a") { a in
            try await Fixture.with(prefix: a.keys.prefix, node: "node-b", isSettled: false) { b in
                let link = try #require(try await a.links().first)
                let (ofA, ofB) = (a.lease(beat: 1, unitedIn: link.replication), b.lease(beat: 2))
                try await a.bus.beat(ofA, leaseTime: .seconds(60), on: link)
                try await b.bus.beat(ofB, leaseTime: .seconds(60), on: link)
                let members = try await a.bus.members(on: link)
                #expect(Set(members.leases) == [ofA, ofB])
                #expect(members.settledIn == [link.replication])

                try await b.bus.leave(b.node)
                #expect(try await a.bus.members(on: link).leases == [ofA])
                try await a.bus.beat(a.lease(beat: 3), leaseTime: .milliseconds(1), on: link)
                while try await !a.bus.members(on: link).leases.isEmpty {}
            }
        }
    }

    @Test("A whole blocklist is read page by page, entries of one moment together")
    func pages() async throws {
        try await Fixture.with { redis in
            let link = try #require(try await redis.links().first)
            var samples = Samples(seed: 43)
            let user = try samples.user()
            let shard = Fixture.shards.shard(of: user)
            var expected: Set<Revocation> = []
            for number in 0..<120 {
                // Runs of one, two, … entries of the same moment.
                let moment = start + .seconds(Int(Double(number * 2).squareRoot()) + 1)
                expected.insert(
                    Revocation(fact: .session(samples.session(of: user).id), expires: moment, reason: .signedOut))
            }
            try await redis.bus.writeBack(Array(expected), of: shard, on: link)
            for size in [1, 2, 3, 7, 15, 16, 119, 120, 121] {
                let bus = RedisClusterBus(
                    client: redis.client, keys: redis.keys, node: redis.node, clock: .system, pageSize: size,
                    logger: Fixture.quiet)
                let read = try await bus.blocklist(of: shard, at: start, on: link).revocations
                #expect(read.count == expected.count)
                #expect(Set(read) == expected, "pages of \(size)")
            }
        }
    }
}

extension BusChange {
    static func expected(
        _ node: NodeID, _ shard: Int, _ user: UserID?, _ revocations: [Revocation], _ at: Timestamp
    ) -> BusChange {
        BusChange(shard: shard, node: node, user: user, revocations: revocations, acceptedAt: at)
    }
}

extension Fixture {
    func lease(beat: UInt64, unitedIn: ReplicationID? = nil) -> NodeLease {
        NodeLease(
            node: node, address: "http://127.0.0.1:3001", version: "1.2.3", startedAt: start, beat: beat,
            watermarkAge: unitedIn == nil ? nil : .milliseconds(120), unitedIn: unitedIn, bound: .seconds(2),
            revocations: 12, actors: 34)
    }

    /// Everything that is meant for a history that is over is refused.
    func expectRefused(on link: BusLink, shard: Int) async throws {
        let request = ConfirmationRequest(number: 1, node: node, shards: [shard])
        let calls: [(name: String, call: @Sendable () async throws -> Void)] = [
            ("beat", { try await bus.beat(lease(beat: 9), leaseTime: .seconds(1), on: link) }),
            ("blocklist", { _ = try await bus.blocklist(of: shard, at: start, on: link) }),
            (
                "write back",
                {
                    let fact = EndedFact.everybody(below: Epoch(7))
                    try await bus.writeBack(
                        [Revocation(fact: fact, expires: start, reason: .reuse)], of: shard, on: link)
                }
            ),
            ("members", { _ = try await bus.members(on: link) }),
            ("settle", { try await bus.settle(link) }),
            ("ask", { try await bus.ask(request, on: link) }),
            ("confirm", { try await bus.confirm(request, by: node, on: link) }),
        ]
        for (name, call) in calls { #expect(await failure(call) == .unavailable, "\(name)") }
        #expect(try await store.deployment(of: shard).deployment.epoch == .initial)
    }
}
