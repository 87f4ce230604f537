import RedisServers
import Testing

@Suite("Events arrive, whatever becomes of the node that caused them", .timeLimit(.minutes(3)))
struct EventDeliveryTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func node(_ store: String, telling receiver: EventReceiver) async throws -> Node {
        let node = try await Node(folder: folder, store: store, environment: receiver.environment)
        let anybody = Visitor(node.url)
        try await eventually("ready") { try await anybody.status("/health/ready") == 200 }
        return node
    }

    /// Signs in at a node that nobody takes events from, kills it, and looks what another one delivers.
    private func killed(_ store: String) async throws {
        try await EventReceiver.with { receiver in
            receiver.refuse(true)
            let first = try await node(store, telling: receiver)
            let alice = Visitor(first.url)
            try await alice.signIn("alice", "wonderland")
            first.process.kill()
            _ = await first.process.end()
            #expect(receiver.taken.isEmpty)
            let second = try await node(store, telling: receiver)
            receiver.refuse(false)
            try await eventually("the event arrives") { receiver.taken.contains { $0.type == "event.signIn" } }
            let told = receiver.taken
            #expect(told.map(\.type) == ["event.signIn"])
            // It is the very message that was written with the session, which is alive.
            #expect(receiver.refused.allSatisfy { $0 == told.first })
            let there = await Visitor(second.url, cookiesOf: alice)
            #expect(try await there.sessions().keys.contains(told.first?.session ?? ""))
            #expect(await second.stop().code == 0)
        }
    }

    @Test("A node is killed when it has answered: another one delivers, over Redis")
    func overRedis() async throws {
        try await RedisServer.with { server in try await killed(server.url) }
    }

    @Test("A node is killed when it has answered: it delivers when it is started again, on SQLite")
    func onSQLite() async throws { try await killed("sqlite:sessions.sqlite") }

    @Test("Of two nodes on one Redis, one at a time delivers, and each event arrives once where nothing fails")
    func shared() async throws {
        try await RedisServer.with { server in
            try await EventReceiver.with { receiver in
                let nodes = [
                    try await node(server.url, telling: receiver), try await node(server.url, telling: receiver),
                ]
                for round in 0..<6 {
                    let visitor = Visitor(nodes[round % 2].url)
                    try await visitor.signIn("bob", "builder")
                    try await visitor.signOut()
                }
                // Each time: signed in, signed out, and the end of the session.
                try await eventually("all arrive") { receiver.taken.count >= 18 }
                for node in nodes { #expect(await node.stop().code == 0) }
                #expect(receiver.taken.count == 18)
                #expect(Set(receiver.taken.map(\.id)).count == 18)
            }
        }
    }
}
