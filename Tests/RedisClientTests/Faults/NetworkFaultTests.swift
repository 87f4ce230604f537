import RESP
import RedisServers
import Testing

@testable import RedisClient

@Suite("A network that fails under load", .timeLimit(.minutes(2)))
struct NetworkFaultTests {
    private func fault(
        timeout: Duration = .seconds(1), _ body: (TCPProxy, RedisClient) async throws -> Void
    ) async throws -> Load.Tally {
        let server = try await SharedServers.standalone.value
        return try await TCPProxy.with(to: server.port) { proxy in
            try await withClient("redis://127.0.0.1:\(proxy.port)", { $0.prepareForFaults(timeout) }) { client in
                try await client.waitUntilServed()
                let tally = try await Load(timeout: timeout).run(on: client) { try await body(proxy, client) }
                try await client.waitUntilServed()
                try await expectHealthy(tally, client)
                return tally
            }
        }
    }

    /// Cuts a connection after each of these numbers of bytes, one after the other.
    private func cut(_ direction: TCPProxy.Direction, after places: some Sequence<Int>) async throws {
        let tally = try await fault { proxy, client async throws in
            for bytes in places {
                let before = proxy.connectionCount
                proxy.cut(after: bytes, direction)
                try await eventually("a connection is cut and made again") {
                    _ = try? await client.execute(RedisCommand("PING"))
                    return proxy.connectionCount > before
                }
            }
        }
        #expect(tally.failed[.connectionLost, default: 0] > 0)
    }

    @Test("connections cut in the middle of a reply: at every place of it")
    func cutReplies() async throws {
        try await cut(.down, after: (1...24).map { 1000 + $0 })
    }

    @Test("connections cut in the middle of a command")
    func cutCommands() async throws {
        try await cut(.up, after: (1...8).map { 1000 + $0 * 3 })
    }

    @Test("answers that come after their callers have given up are nobody's")
    func lateAnswers() async throws {
        let tally = try await fault { proxy, client async throws in
            for number in 0..<5 {
                proxy.hold(.down)
                let error = try #require(
                    await failure { () async throws(RedisError) in
                        try await client.execute(RedisCommand("ECHO", "late \(number)"), timeout: .milliseconds(50))
                    })
                #expect(error.code == .timeout)
                proxy.release(.down)
                let reply = try await client.execute(RedisCommand("ECHO", "next \(number)"))
                #expect(reply.string == "next \(number)")
            }
        }
        #expect(tally.failed[.timeout, default: 0] > 0)
    }

    @Test("a network that swallows everything: the connections are given up, and new ones are made when it is back")
    func silence() async throws {
        let tally = try await fault(timeout: .milliseconds(200)) { proxy, client in
            let before = proxy.connectionCount
            proxy.hold(.up)
            try await eventually("the connections are given up") {
                _ = try? await client.execute(RedisCommand("PING"))
                return proxy.connectionCount > before
            }
            proxy.release(.up)
            try await client.waitUntilServed()
        }
        #expect(tally.failures > 0)
    }

    @Test("a server that cannot be reached: commands fail at once, and certainly were not executed")
    func refusal() async throws {
        let tally = try await fault { proxy, client async throws in
            try await proxy.refuse()
            try await eventually("the server counts as lost") {
                let error = try #require(
                    await failure { () async throws(RedisError) in
                        try await client.execute(RedisCommand("PING"))
                    })
                return error.code == .unavailable || error.code == .connectionLost && !error.mayHaveBeenExecuted
            }
            let start = ContinuousClock.now
            for _ in 0..<100 {
                _ = await failure { () async throws(RedisError) in try await client.execute(RedisCommand("PING"))
                }
            }
            // A hundred timeouts would take a hundred seconds.
            #expect(ContinuousClock.now - start < .seconds(5))
            proxy.accept()
        }
        #expect(tally.failures > 0)
    }
}
