import RESP
import RedisServers
import Testing

@testable import RedisClient

@Suite("A Cluster", .serialized, .timeLimit(.minutes(1)))
struct ClusterTests {
    private static let byKey = RedisScript(
        name: "by-key", source: "return redis.call('GET', KEYS[1]) .. redis.call('GET', KEYS[2])")

    private func shared(_ body: (RedisCluster, RedisClient) async throws -> Void) async throws {
        let cluster = try await SharedServers.cluster.value
        try await withClient(cluster.url) { client async throws in try await body(cluster, client) }
    }

    @Test("gets each command where its key is, and is asked for nothing twice")
    func keys() async throws {
        try await shared { cluster, client async throws in
            for node in cluster.nodes { try await node.server.command("CONFIG", "RESETSTAT") }
            let prefix = ownKey().bytes
            for number in 0..<200 {
                let key = RedisKey(bytes: prefix + [UInt8(number), 0, 255])
                _ = try await client.execute(RedisCommand("SET", key, number), key: key)
                #expect(try await client.execute(RedisCommand("GET", key), key: key).int == number)
            }
            for node in cluster.nodes.prefix(3) {
                let errors = try await node.server.command("INFO", "errorstats")
                #expect(!errors.contains("errorstat_MOVED"))
            }
        }
    }

    @Test("has the slots that we think keys have", arguments: ["a", "foo{bar}baz", "{}x", "{{a}}", "{", "ä{ö}", ""])
    func slots(_ name: String) async throws {
        let server = try await SharedServers.cluster.value.nodes[0].server
        #expect(try await server.command("CLUSTER", "KEYSLOT", name) == String(HashSlot.of(RedisKey(name))))
    }

    @Test("has three primaries with all slots between them, each known by its history")
    func primaries() async throws {
        try await shared { cluster, client async throws in
            let primaries = try await client.primaries()
            #expect(primaries.map(\.id) == cluster.nodes.prefix(3).map(\.id))
            #expect(primaries.map(\.slots) == [[0...5460], [5461...10_922], [10_923...16_383]])
            for (primary, node) in zip(primaries, cluster.nodes) {
                let id = try await node.server.information("master_replid", section: "replication")
                #expect(primary.replicationID == id)
                #expect(primary.address == .host("127.0.0.1", port: node.server.port))
            }
            let third = try await client.primary(for: "foo")
            #expect(third == primaries[2])
        }
    }

    @Test("runs scripts, batches and transactions about one slot")
    func oneSlot() async throws {
        try await shared { _, client async throws in
            let tag = "{\(UInt64.random(in: .min ... .max))}"
            let (one, two) = (RedisKey(tag + "one"), RedisKey(tag + "two"))
            let writes = [RedisCommand("SET", one, "1"), RedisCommand("SET", two, "2")]
            #expect(try await client.execute(batch: writes, key: one) == [.status("OK"), .status("OK")])
            #expect(try await client.evaluate(Self.byKey, keys: [one, two]).string == "12")
            #expect(try await client.transaction([RedisCommand("INCR", one)], key: one) == [.integer(2)])
            let error = await failure { () async throws(RedisError) in
                try await client.execute(RedisCommand("MGET", one, "elsewhere"), key: one)
            }
            #expect(error?.serverError?.kind == "CROSSSLOT")
        }
    }

    @Test("refuses a command that is pinned to a primary which does not have the key")
    func pinned() async throws {
        try await shared { _, client async throws in
            let primaries = try await client.primaries()
            // Slot 12,182, of the third.
            #expect(try await client.execute(RedisCommand("EXISTS", "foo"), on: primaries[2]).int != nil)
            let error = await failure { () async throws(RedisError) in
                try await client.execute(RedisCommand("SET", "foo", "x"), on: primaries[0])
            }
            #expect(error?.code == .notPrimary)
            #expect(error?.mayHaveBeenExecuted == false)
            var other = primaries[2]
            other = RedisPrimary(id: other.id, address: other.address, replicationID: "another")
            let refusal = await failure { () async throws(RedisError) in
                try await client.execute(RedisCommand("SET", "foo", "x"), on: other)
            }
            #expect(refusal?.code == .notPrimary)
        }
    }

    @Test("delivers plain messages from everywhere, and sharded ones of any slot")
    func subscriptions() async throws {
        try await shared { cluster, client async throws in
            let channels = (0..<8).map { "\($0)-\(UInt64.random(in: .min ... .max))" }
            for kind in [RedisSubscription.Kind.plain, .sharded] {
                try await client.withSubscription(to: channels, kind: kind) { subscription async throws in
                    var events = subscription.makeAsyncIterator()
                    var subscribed: Set<String> = []
                    for _ in channels {
                        guard case .subscribed(let channel)? = try await events.next() else { continue }
                        subscribed.insert(channel)
                    }
                    #expect(subscribed == Set(channels))
                    for channel in channels {
                        let command = RedisCommand(kind == .plain ? "PUBLISH" : "SPUBLISH", channel, "to " + channel)
                        _ = try await client.execute(command, key: RedisKey(channel))
                        #expect(
                            try await events.next()
                                == .message(channel: channel, payload: Array(("to " + channel).utf8)))
                    }
                }
            }
        }
    }

    @Test("that is not there, or is none, is told at once")
    func nobody() async throws {
        let server = try await SharedServers.standalone.value
        try await withClient("redis+cluster://127.0.0.1:\(server.port)") { client async throws in
            let error = await failure { () async throws(RedisError) in
                try await client.execute(RedisCommand("PING"), key: "a", timeout: .seconds(10))
            }
            #expect(error?.serverError?.message.contains("cluster support disabled") == true)
        }
        try await withClient("redis+cluster://127.0.0.1:1") { client async throws in
            let error = await failure { () async throws(RedisError) in
                try await client.execute(RedisCommand("PING"), key: "a", timeout: .seconds(10))
            }
            #expect(error?.code == .unavailable)
        }
    }
}
