import RESP
import RedisServers
import Synchronization
import Testing

@testable import RedisClient

@Suite("A cluster that sends commands elsewhere", .timeLimit(.minutes(1)))
struct RedirectionTests {
    private static let errors = [
        "TRYAGAIN Multiple keys request during rehashing of slot", "CLUSTERDOWN The cluster is down",
        "MASTERDOWN Link with MASTER is down", "LOADING Redis is loading the dataset in memory",
    ]

    /// A server that refuses so many commands with an error and then answers each with what it asked to be told.
    private func refusing(
        _ error: String, times: Int, _ body: (RedisClient) async throws -> Void
    ) async throws {
        let refused = Atomic(0)
        try await ScriptedCluster.with([.init(owner: 0, epoch: 1)]) { _, request in
            refused.add(1, ordering: .relaxed).oldValue < times ? .text("-\(error)\r\n") : .bulk(request.words[1])
        } _: { cluster in
            try await withClient(cluster.url) { client in try await body(client) }
        }
    }

    @Test("a command that cannot be served now is sent again until it can", arguments: errors)
    func again(_ error: String) async throws {
        try await refusing(error, times: 5) { client async throws in
            #expect(try await client.execute(RedisCommand("ECHO", "a"), key: "a", timeout: .seconds(10)).string == "a")
        }
        try await refusing(error, times: 5) { client async throws in
            let batch = ["b", "c"].map { RedisCommand("ECHO", $0) }
            let replies = try await client.execute(batch: batch, key: "a", timeout: .seconds(10))
            #expect(replies.map(\.string) == ["b", "c"])
        }
    }

    /// `redis_timeout` where the deadline comes between an attempt and its answer.
    private func expectRefusal(_ thrown: RedisError?, _ kind: String) {
        guard thrown?.code != .timeout else { return }
        #expect(thrown?.code == .server && thrown?.serverError?.kind == kind)
        #expect(thrown?.mayHaveBeenExecuted == false)
    }

    @Test("at its deadline its caller gets the server's error, and it was not executed", arguments: errors)
    func deadline(_ error: String) async throws {
        try await refusing(error, times: .max) { client async throws in
            let start = ContinuousClock.now
            let thrown = await failure { () async throws(RedisError) in
                try await client.execute(RedisCommand("ECHO", "a"), key: "a", timeout: .milliseconds(200))
            }
            expectRefusal(thrown, RedisServerError(error).kind)
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }

    @Test("two servers that each send to the other are asked until the deadline, and not as fast as they answer")
    func pingPong() async throws {
        let asked = Atomic(0)
        let cluster = Mutex<ScriptedCluster?>(nil)
        try await ScriptedCluster.with([.init(owner: 0, epoch: 1), .init(owner: 1, epoch: 1)]) { number, _ in
            asked.add(1, ordering: .relaxed)
            let other = cluster.withLock { $0?.port(1 - number) } ?? 0
            return .text("-MOVED \(HashSlot.of("a")) 127.0.0.1:\(other)\r\n")
        } _: { servers in
            cluster.withLock { $0 = servers }
            try await withClient(servers.url) { client async throws in
                let error = await failure { () async throws(RedisError) in
                    try await client.execute(RedisCommand("GET", "a"), key: "a", timeout: .milliseconds(500))
                }
                expectRefusal(error, "MOVED")
                #expect((3...20).contains(asked.load(ordering: .relaxed)))
            }
        }
    }

    /// Four servers believe that the first has a slot. It has given it to the fifth, and says so; the others have not
    /// heard of it. Whoever believes one of them goes back.
    @Test("what a redirection says is not undone by servers that have not heard of it", arguments: 1...4)
    func staleServers(_ round: Int) async throws {
        let old = ScriptedCluster.Belief(owner: 0, epoch: 1)
        let new = ScriptedCluster.Belief(owner: 4, epoch: 2)
        let cluster = Mutex<ScriptedCluster?>(nil)
        let moved = Atomic(false)
        try await ScriptedCluster.with(Array(repeating: old, count: 5)) { number, request in
            guard moved.load(ordering: .acquiring), number != 4 else { return .bulk(request.words[1]) }
            let owner = cluster.withLock { $0?.port(4) } ?? 0
            return .text("-MOVED \(HashSlot.of("a")) 127.0.0.1:\(owner)\r\n")
        } _: { servers in
            cluster.withLock { $0 = servers }
            try await withClient(servers.url) { client async throws in
                try await eventually("all are connected") { try await client.primaries().count == 5 }
                _ = try await client.execute(RedisCommand("ECHO", "a"), key: "a")
                servers.believe(4, new)
                moved.store(true, ordering: .releasing)
                let before = servers.questionCount
                #expect(try await client.execute(RedisCommand("ECHO", "b"), key: "a").string == "b")
                // Several answers after that.
                for number in 1...4 {
                    try await eventually("the slots are asked for") {
                        client.topology.suspect(
                            RedisError(.unavailable, "a test"), at: .host("127.0.0.1", port: servers.port(0)))
                        return servers.questionCount > before + number
                    }
                    let primary = try await client.primary(for: "a")
                    #expect(primary.address == .host("127.0.0.1", port: servers.port(4)))
                }
            }
        }
    }
}
