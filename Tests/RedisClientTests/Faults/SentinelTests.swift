import RESP
import RedisServers
import Synchronization
import Testing

@testable import RedisClient

@Suite("A primary found by Sentinels", .timeLimit(.minutes(2)))
struct SentinelTests {
    /// The load after whose faults a test looks at the old primary.
    private static let writes = Load(questions: [.write, .script, .batch, .cancelled])

    private func address(_ server: RedisServer) -> RedisAddress { .host("127.0.0.1", port: server.port) }

    /// Waits until the client's primary is this server, and returns it.
    private func waitUntilFollowed(_ server: RedisServer, by client: RedisClient) async throws -> RedisPrimary {
        var found: RedisPrimary?
        try await eventually("the client follows to \(server.port)") {
            found = try? await client.primaries().first
            return found?.address == address(server)
        }
        return try #require(found)
    }

    @Test("is asked, and no replica is; and a name that nobody knows is told at once")
    func find() async throws {
        let trio = try await SharedServers.sentinels.value
        try await withClient(trio.url) { client async throws in
            let primary = try await trio.primary()
            #expect(try await client.primaries().map(\.address) == [address(primary)])
            let id = try await primary.information("master_replid")
            #expect(try await client.primary(for: "a").replicationID == id)
            try await client.waitUntilServed()
        }
        let unknown = trio.url.replacing("/main", with: "/nobody")
        try await withClient(unknown) { client async throws in
            let error = await failure { () async throws(RedisError) in try await client.execute(RedisCommand("PING")) }
            #expect(error?.code == .noPrimary)
        }
    }

    @Test("is followed when it changes under load: when it is asked to, when it is killed, and when it hangs")
    func failover() async throws {
        try await RedisSentinels.with { trio async throws in
            try await withClient(trio.url, { $0.prepareForFaults() }) { client async throws in
                try await client.waitUntilServed()
                let tally = try await Self.writes.run(on: client) {
                    let first = try #require(try await client.primaries().first)
                    let second = try await waitUntilFollowed(try await trio.failOver(), by: client)
                    try await client.waitUntilServed()
                    let error = await failure { () async throws(RedisError) in
                        try await client.execute(RedisCommand("SET", "pinned", "x"), on: first)
                    }
                    #expect(error?.code == .notPrimary)
                    #expect(second.replicationID != first.replicationID)
                    try await trio.settle()

                    _ = try await waitUntilFollowed(try await trio.killPrimary(), by: client)
                    try await client.waitUntilServed()
                    try await trio.settle()

                    let hung = try await trio.primary()
                    hung.pause()
                    defer { hung.resume() }
                    _ = try await waitUntilFollowed(try await trio.failOver(), by: client)
                    try await client.waitUntilServed()
                }
                try await expectHealthy(tally, client)
            }
        }
    }

    @Test("is still used when all Sentinels are gone; and one Sentinel is enough to find it")
    func fewSentinels() async throws {
        try await RedisSentinels.with { trio async throws in
            try await trio.sentinels[0].kill()
            trio.sentinels[1].pause()
            try await withClient(trio.url) { client async throws in
                try await client.waitUntilServed()
                try await trio.sentinels[2].kill()
                trio.sentinels[1].resume()
                try await trio.sentinels[1].kill()
                try await trio.servers[0].killClients()
                try await client.waitUntilServed()
            }
            try await withClient(trio.url, { $0.connectTimeout = .milliseconds(500) }) { client async throws in
                let error = await failure { () async throws(RedisError) in
                    try await client.execute(RedisCommand("PING"), timeout: .seconds(10))
                }
                #expect(error?.code == .unavailable)
            }
        }
    }

    @Test("is not a replica, even one that would take writes, whatever a Sentinel says")
    func lyingSentinel() async throws {
        try await RedisServer.with { primary async throws in
            var options = RedisServerOptions()
            options.replicaOf = primary.port
            options.lines = ["replica-read-only no"]
            try await RedisServer.with(options) { replica async throws in
                try await replica.waitUntilInSync()
                let script = ScriptedServer.answeringHandshake { Self.sentinel($0, naming: replica.port) }
                try await ScriptedServer.with(script) { sentinel async throws in
                    try await withClient("redis+sentinel://127.0.0.1:\(sentinel.port)/main") { client async throws in
                        let error = await failure { () async throws(RedisError) in
                            try await client.execute(RedisCommand("SET", "lost", "x"))
                        }
                        #expect(error?.code == .notPrimary)
                        #expect(error?.mayHaveBeenExecuted == false)
                        #expect(try await replica.command("EXISTS", "lost") == "0")
                        try await client.withSubscription(to: ["a"]) { subscription async throws in
                            var events = subscription.makeAsyncIterator()
                            guard case .lost(["a"], let error)? = try await events.next() else {
                                throw Unexpected.success
                            }
                            #expect(error.code == .notPrimary)
                            // Once it is a primary it will do.
                            try await replica.command("REPLICAOF", "NO", "ONE")
                            #expect(try await events.next() == .subscribed("a"))
                        }
                        try await client.waitUntilServed()
                        // And no more when it follows somebody again, without a word of a Sentinel.
                        try await replica.command("REPLICAOF", "127.0.0.1", String(primary.port))
                        try await replica.killClients()
                        try await eventually("it is not used any more") {
                            await failure { () async throws(RedisError) in
                                try await client.execute(RedisCommand("PING"))
                            }?.code == .notPrimary
                        }
                    }
                }
            }
        }
    }

    @Test("is not one that does not say so, to a user who may not ask")
    func unidentified() async throws {
        var options = RedisServerOptions()
        options.users = [.init("app", password: "secret", rules: "~* +@all -info")]
        try await RedisServer.with(options) { server async throws in
            let script = ScriptedServer.answeringHandshake { Self.sentinel($0, naming: server.port) }
            try await ScriptedServer.with(script) { sentinel async throws in
                let url = "redis+sentinel://app:secret@127.0.0.1:\(sentinel.port)/main"
                try await withClient(url) { client async throws in
                    let error = await failure { () async throws(RedisError) in
                        try await client.execute(RedisCommand("PING"))
                    }
                    #expect(error?.code == .notPrimary && error?.mayHaveBeenExecuted == false)
                }
            }
        }
    }

    private static func sentinel(_ request: ScriptedServer.Request, naming port: Int) -> ScriptedServer.Answer {
        guard request.name == "SENTINEL", request.words.count > 1 else { return .text("-ERR no\r\n") }
        switch request.words[1] {
        case "MASTER": return .text("*2\r\n$12\r\nconfig-epoch\r\n$1\r\n0\r\n")
        case "SENTINELS": return .text("*0\r\n")
        default: return .text("*2\r\n$9\r\n127.0.0.1\r\n$\(String(port).utf8.count)\r\n\(port)\r\n")
        }
    }

    @Test("the Sentinels get credentials of their own, and never those of the servers", arguments: [true, false])
    func credentials(_ hasOwn: Bool) async throws {
        let heard = Mutex<[[String]]>([])
        let script = ScriptedServer.answeringHandshake { Self.sentinel($0, naming: 1) }
        try await ScriptedServer.with { request in
            heard.withLock { $0.append(request.words) }
            return script(request)
        } _: { sentinel in
            let own = hasOwn ? "?sentinel_user=watcher&sentinel_password=for-sentinels" : ""
            let url = "redis+sentinel://app:for-servers@127.0.0.1:\(sentinel.port)/main\(own)"
            try await withClient(url) { client in
                _ = await failure { () async throws(RedisError) in try await client.execute(RedisCommand("PING")) }
                let words = heard.withLock { $0 }
                #expect(words.contains { $0.first == "SENTINEL" })
                #expect(!words.joined().contains("for-servers"))
                #expect(words.contains(["AUTH", "watcher", "for-sentinels"]) == hasOwn)
                #expect(words.contains { $0.first == "AUTH" } == hasOwn)
            }
        }
    }

    @Test("carries a subscription from one server to the next; listeners are told of the new primary")
    func subscription() async throws {
        try await RedisSentinels.with { trio async throws in
            try await withClient(trio.url, { $0.prepareForSilence() }) { client async throws in
                let first = address(trio.servers[0])
                #expect(await client.topologyChanges.first { _ in true }?.map(\.address) == [first])
                async let told = client.topologyChanges.first { $0.map(\.address) != [first] }
                let next = try await client.withSubscription(to: ["news"]) { subscription async throws in
                    var events = subscription.makeAsyncIterator()
                    #expect(try await events.next() == .subscribed("news"))
                    // It hangs: nobody tells the client that the connection is of no use any more.
                    let old = try await trio.primary()
                    old.pause()
                    defer { old.resume() }
                    let new = try await trio.failOver()
                    guard case .lost? = try await events.next() else {
                        throw Unexpected.success
                    }
                    #expect(try await events.next() == .resubscribed("news"))
                    try await client.waitUntilServed()
                    _ = try await client.execute(RedisCommand("PUBLISH", "news", "x"))
                    #expect(try await events.next() == .message(channel: "news", payload: [120]))
                    return address(new)
                }
                let primaries = await told
                #expect(primaries?.map(\.address) == [next])
            }
        }
    }
}
