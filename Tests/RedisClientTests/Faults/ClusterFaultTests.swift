import RESP
import RedisServers
import Testing

@testable import RedisClient

@Suite("A Cluster that changes under load", .serialized, .timeLimit(.minutes(2)))
struct ClusterFaultTests {
    /// For these tests, which leave it whole, but with its roles and slots elsewhere.
    private static let servers = SharedServer { try await RedisCluster.start() }

    private func fault(
        _ body: (RedisCluster, RedisClient) async throws -> Void
    ) async throws -> Load.Tally {
        let cluster = try await Self.servers.value
        return try await withClient(cluster.url, { $0.prepareForFaults() }) { client async throws in
            try await client.waitUntilServed(tag)
            let tally = try await Load(questions: [.write, .script, .batch, .cancelled]).run(on: client) {
                try await body(cluster, client)
            }
            try await expectHealthy(tally, client)
            return tally
        }
    }

    /// Keys of one slot that nobody else writes.
    private let tag = RedisKey("{foo}")
    private let slot = 12_182
    private func key(_ number: Int) -> RedisKey { RedisKey("{foo}\(number)") }

    @Test("slots that move are followed, and no command notices")
    func migration() async throws {
        let tally = try await fault { cluster, client async throws in
            let source = try await cluster.primary(ofSlot: slot)
            let target = try #require(try await cluster.primaries().first { $0.id != source.id })
            for number in 0..<20 { _ = try await client.execute(RedisCommand("SET", key(number), number), key: tag) }
            let move = try await cluster.beginMove(ofSlot: slot, to: target)
            try await cluster.moveKeys(move, (0..<10).map { "{foo}\($0)" })
            try await expectMovingSlot(client)
            // Its keys are in two places: it waits, and is served once they are in one.
            async let both = client.execute(
                RedisCommand("MGET", key(3), key(13)), key: tag, timeout: .seconds(15))
            try await cluster.moveKeys(move)
            try await cluster.finish(move)
            #expect(try await both.array?.map(\.int) == [3, 13])
            for number in 0..<20 {
                #expect(try await client.execute(RedisCommand("GET", key(number)), key: tag).int == number)
            }
            try await eventually("the client has learned") {
                try await client.primary(for: tag).id == target.id
            }
            // Slots of the load, each with its keys.
            for task in 0..<4 {
                let busy = HashSlot.of(RedisKey("load:\(task):1"))
                let owner = try await cluster.primary(ofSlot: busy)
                let next = try #require(try await cluster.primaries().first { $0.id != owner.id })
                try await cluster.moveSlot(busy, to: next)
            }
        }
        // While keys of a batch are in two places, and then the batch is sent to each.
        #expect(tally.failures - tally.failed[.cancelled, default: 0] == 0)
    }

    /// Half of the keys have moved.
    private func expectMovingSlot(_ client: RedisClient) async throws {
        for number in [3, 13] {
            #expect(try await client.execute(RedisCommand("GET", key(number)), key: tag).int == number)
        }
        let batch = [3, 13, 4, 14].map { RedisCommand("GET", key($0)) }
        #expect(try await client.execute(batch: batch, key: tag).map(\.int) == [3, 13, 4, 14])
        #expect(
            try await client.evaluate(Load.script, keys: [key(3)], arguments: [.integer(3)]).int == 3)
        let error = await failure { () async throws(RedisError) in
            try await client.execute(RedisCommand("MGET", key(3), key(13)), key: tag, timeout: .milliseconds(100))
        }
        #expect(error?.serverError?.kind == "TRYAGAIN" || error?.code == .timeout)
    }

    @Test("a replica that is promoted is followed, and listeners are told")
    func failover() async throws {
        _ = try await fault { cluster, client async throws in
            let before = try await client.primary(for: tag)
            async let told = client.topologyChanges.first { primaries in
                primaries.count == 3 && !primaries.contains { $0.id == before.id }
            }
            let next = try await cluster.failOver(slot: slot)
            try await eventually("the client follows") { try await client.primary(for: tag).id == next.id }
            try await client.waitUntilServed(tag)
            let error = await failure { () async throws(RedisError) in
                try await client.execute(RedisCommand("SET", tag, "x"), on: before)
            }
            #expect(error?.code == .notPrimary)
            let primaries = await told
            #expect(primaries != nil)
        }
    }

    @Test("a primary that is killed is replaced, and comes back as a replica")
    func kill() async throws {
        let tally = try await fault { cluster, client async throws in
            let old = try await cluster.primary(ofSlot: slot)
            let next = try await cluster.killPrimary(ofSlot: slot)
            try await client.waitUntilServed(tag)
            #expect(try await client.primary(for: tag).id == next.id)
            try await old.server.restart()
            try await old.server.waitUntilInSync()
        }
        #expect(tally.failures > 0)
    }

    @Test("a primary that hangs is replaced, and is a replica when it goes on")
    func hang() async throws {
        let tally = try await fault { cluster, client async throws in
            let old = try await cluster.primary(ofSlot: slot)
            defer { old.server.resume() }
            let next = try await cluster.pausePrimary(ofSlot: slot)
            try await client.waitUntilServed(tag)
            #expect(try await client.primary(for: tag).id == next.id)
            old.server.resume()
            try await old.server.waitUntilInSync()
        }
        #expect(tally.failures > 0)
    }

    @Test("a sharded subscription follows its slot, when that moves, and when its primary changes or hangs")
    func subscription() async throws {
        let cluster = try await Self.servers.value
        try await withClient(cluster.url, { $0.prepareForSilence() }) { client async throws in
            try await client.withSubscription(to: ["{foo}news"], kind: .sharded) { subscription async throws in
                var events = subscription.makeAsyncIterator()
                #expect(try await events.next() == .subscribed("{foo}news"))
                let owner = try await cluster.primary(ofSlot: slot)
                let target = try #require(try await cluster.primaries().first { $0.id != owner.id })
                try await cluster.moveSlot(slot, to: target)
                try await expectNews(client, &events)
                let hung = try await cluster.failOver(slot: slot)
                try await expectNews(client, &events)
                // Nobody tells the client that this connection is of no use any more.
                defer { hung.server.resume() }
                _ = try await cluster.pausePrimary(ofSlot: slot)
                try await expectNews(client, &events)
                hung.server.resume()
                try await hung.server.waitUntilInSync()
            }
        }
    }

    /// The subscription is lost, once, comes back, and delivers.
    private func expectNews(_ client: RedisClient, _ events: inout RedisSubscription.AsyncIterator) async throws {
        guard case .lost(["{foo}news"], _)? = try await events.next() else {
            Issue.record("the loss was not told")
            return
        }
        #expect(try await events.next() == .resubscribed("{foo}news"))
        try await client.waitUntilServed(tag)
        _ = try await client.execute(RedisCommand("SPUBLISH", "{foo}news", "x"), key: tag)
        #expect(try await events.next() == .message(channel: "{foo}news", payload: [120]))
    }
}
