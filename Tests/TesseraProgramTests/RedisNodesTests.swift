import JSON
import RedisServers
import Testing

@Suite("Nodes on one Redis are one service", .timeLimit(.minutes(4)))
struct RedisNodesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static var keepingServer: RedisServerOptions {
        var options = RedisServerOptions()
        options.persistence = .everyWrite
        return options
    }

    /// Starts nodes, and waits until each of them can be used.
    private func nodes(_ count: Int, on server: RedisServer) async throws -> [Node] {
        var nodes: [Node] = []
        for _ in 0..<count { nodes.append(try await Node(folder: folder, store: server.url)) }
        for node in nodes { try await ready(node) }
        return nodes
    }

    private func ready(_ node: Node) async throws {
        let anybody = Visitor(node.url)
        try await eventually("ready") { try await anybody.status("/health/ready") == 200 }
    }

    @Test("Signed in at one node, one is at the other; signed out at the other, one is at neither")
    func acrossNodes() async throws {
        try await RedisServer.with(Self.keepingServer) { server in
            let nodes = try await nodes(2, on: server)
            let alice = Visitor(nodes[0].url)
            try await alice.signIn("alice", "wonderland")
            let there = await Visitor(nodes[1].url, cookiesOf: alice)
            #expect(try await there.name() == "Alice")
            // A copy of the cookie, as a thief has it.
            let copy = await Visitor(nodes[0].url, cookiesOf: alice)
            #expect(try await copy.name() == "Alice")
            try await there.signOut()
            try await eventually("ended at the other node", within: .seconds(2)) { try await copy.name() == nil }
            for node in nodes { #expect(await node.stop().code == 0) }
        }
    }

    @Test("An operator's revocation at one node ends the session at the other, and everybody's")
    func revocation() async throws {
        try await RedisServer.with(Self.keepingServer) { server in
            let nodes = try await nodes(2, on: server)
            let (alice, bob) = (Visitor(nodes[0].url), Visitor(nodes[1].url))
            try await alice.signIn("alice", "wonderland")
            try await bob.signIn("bob", "builder")
            let id = try #require(try await alice.sessions().keys.first)
            let one = try await nodes[1].sessions("revoke", "alice", "--session", id, folder: folder)
            #expect(one.output == "1 session ended.\n\(id)\n", "\(one.errors)")
            try await eventually("alice is out", within: .seconds(2)) { try await alice.name() == nil }
            #expect(try await bob.name() == "Bob")
            // A session that is nobody's, and whose name belongs to another shard than alice.
            let stray = try await nodes[1].sessions(
                "revoke", "alice", "--session", "-AAAAAAAAAAAAAAAAAAAAA", folder: folder)
            #expect(stray.code == 0, "\(stray.errors)")
            #expect(try await nodes[0].sessions("revoke", "--everybody", folder: folder).code == 0)
            try await eventually("bob is out", within: .seconds(2)) { try await bob.name() == nil }
            for node in nodes { #expect(await node.stop().code == 0) }
        }
    }

    @Test("While Redis is gone nobody is let in or signed out; when it is back, everybody still is signed in")
    func redisGone() async throws {
        try await RedisServer.with(Self.keepingServer) { server in
            let nodes = try await nodes(2, on: server)
            let alice = Visitor(nodes[0].url)
            try await alice.signIn("alice", "wonderland")
            #expect(try await alice.name() == "Alice")
            try await server.kill()
            try await eventually("the mirror is stale") {
                let answer = try await alice.statusAndRetryAfter("/api/auth/session")
                #expect(answer.status == 200 || answer.status == 503 && answer.hasRetryAfter)
                return answer.status == 503
            }
            #expect(await alice.token != nil)
            #expect(try await Visitor(nodes[0].url).name() == nil)
            try await server.restart()
            try await eventually("back") { try await alice.status("/api/auth/session") == 200 }
            #expect(try await alice.name() == "Alice")
            let there = await Visitor(nodes[1].url, cookiesOf: alice)
            try await eventually("back at the other") { try await there.status("/api/auth/session") == 200 }
            #expect(try await there.name() == "Alice")
            for node in nodes { #expect(await node.stop().code == 0) }
        }
    }

    @Test("Attempts are limited for all nodes together; a success at one makes room at the other")
    func attempts() async throws {
        try await RedisServer.with { server in
            let nodes = try await nodes(2, on: server)
            let (guesser, other) = (Visitor(nodes[0].url), Visitor(nodes[1].url))
            for _ in 0..<5 {
                #expect(try await guesser.attempt("alice", "wrong") == 401)
                #expect(try await other.attempt("alice", "wrong") == 401)
            }
            #expect(try await guesser.attempt("alice", "wonderland") == 429)
            #expect(try await other.attempt("alice", "wonderland") == 429)
            for _ in 0..<9 { #expect(try await guesser.attempt("bob", "wrong") == 401) }
            try await other.signIn("bob", "builder")
            #expect(try await guesser.attempt("bob", "wrong") == 401)
            for node in nodes { #expect(await node.stop().code == 0) }
        }
    }

    @Test("A link that was asked for at one node lets in at another, once; who comes is the same user at both")
    func links() async throws {
        try await RedisServer.with { server in
            let nodes = try await nodes(2, on: server)
            for (round, (asked, followed)) in [(0, 1), (1, 0)].enumerated() {
                let visitor = Visitor(nodes[asked].url)
                try await visitor.post("/api/auth/signin/email", ["email": "ada@example.com"])
                // Each node of the demo has a mailbox of its own, with what it has sent.
                let page = try await visitor.text("/dev/mailbox")
                let token = try #require(page.firstMatch(of: /token=([0-9a-f]{64})/)?.1)
                let link = ["token": String(token), "email": "ada@example.com"]
                let there = await Visitor(nodes[followed].url, cookiesOf: visitor)
                try await there.post("/api/auth/callback/email", link)
                #expect(try await there.get("/api/auth/session")["user"]?.object?["email"] == "ada@example.com")
                #expect(try await there.sessions().count == round + 1, "each time another session of one user")
                try await visitor.post("/api/auth/callback/email", link, expecting: 403)
                #expect(try await visitor.get("/api/auth/session")["user"] == nil)
            }
            for node in nodes { #expect(await node.stop().code == 0) }
        }
    }

    @Test("A node of another number of shards is refused, and told why")
    func otherShards() async throws {
        try await RedisServer.with { server in
            let node = try await nodes(1, on: server)[0]
            let other = try await ProgramProcess.run(
                ["serve", "--demo", "--port", "0", "--store", server.url],
                environment: Node.environment.merging(["TESSERA_REDIS_SHARDS": "32"]) { $1 }, folder: folder)
            #expect(other.code == 1)
            #expect(other.errors.contains("set up with 64 shards, and this node is configured with 32"))
            _ = await node.stop()
        }
    }

    @Test("`tessera check` says what is wrong with a Redis; in strict mode nothing starts on it")
    func check() async throws {
        var options = RedisServerOptions()
        options.password = "swordfish"
        options.lines = ["maxmemory-policy allkeys-lru"]
        try await RedisServer.with(options) { server in
            let environment = Node.environment.merging(["TESSERA_STORE": server.url]) { $1 }
            let checked = try await ProgramProcess.run(["check"], environment: environment, folder: folder)
            #expect(checked.code == 0, "\(checked.everything)")
            #expect(checked.output.contains("maxmemory-policy allkeys-lru"))
            #expect(checked.output.contains("keeps nothing on disk"))
            let strict = environment.merging(["TESSERA_REDIS_STRICT": "yes"]) { $1 }
            for command in ["check", "serve"] {
                let refused = try await ProgramProcess.run([command], environment: strict, folder: folder)
                #expect(refused.code == 1)
                #expect(refused.errors.contains("maxmemory-policy allkeys-lru"))
                #expect(!refused.everything.contains("swordfish"))
            }
            // Looking has left nothing there.
            #expect(try await server.command("DBSIZE").contains("0"))
        }
    }

    @Test(
        "What cannot be a Redis, or is none that can be reached, is said without the password",
        arguments: [
            ("redis://:swordfish@127.0.0.1:1", "Redis cannot be reached"),
            ("redis://:swordfish@127.0.0.1:abc", "store: "),
            ("redis+sentinel://:swordfish@127.0.0.1", "no name of a primary"),
            ("redis://:swordfish@127.0.0.1?colour=blue", "a setting that is not known"),
        ])
    func wrongURL(_ url: String, _ words: String) async throws {
        let end = try await ProgramProcess.run(
            ["check", "--store", url], environment: Node.environment, folder: folder)
        #expect(end.code == 1)
        #expect(end.errors.contains(words), "\(end.everything)")
        #expect(!end.everything.contains("swordfish"))
    }
}
