import RESP
import RedisServers
import Testing

@testable import RedisClient

@Suite("A server that fails under load", .timeLimit(.minutes(2)))
struct ServerFaultTests {
    /// Runs a server, a client and load, with a fault in the midst of it, and checks what has to be so afterwards.
    private func fault(
        timeout: Duration = .seconds(1), _ body: (RedisServer, RedisClient) async throws -> Void
    ) async throws -> Load.Tally {
        try await RedisServer.with { server in
            try await withClient(server.url, { $0.prepareForFaults(timeout) }) { client in
                try await client.waitUntilServed()
                let tally = try await Load(timeout: timeout).run(on: client) { try await body(server, client) }
                try await client.waitUntilServed()
                try await expectHealthy(tally, client)
                // No connection was left behind.
                try await eventually("the server has the client's connections only") {
                    try await server.clientCount() == client.configuration.connectionCount
                }
                return tally
            }
        }
    }

    @Test("killed and restarted: commands fail, and answers come again")
    func kill() async throws {
        let tally = try await fault { server, client async throws in
            for _ in 0..<3 {
                try await server.kill()
                let error = try #require(
                    await failure { () async throws(RedisError) in
                        try await client.execute(RedisCommand("PING"))
                    })
                #expect([.unavailable, .connectionLost].contains(error.code))
                try await server.restart()
                try await client.waitUntilServed()
            }
        }
        #expect(tally.failed[.connectionLost, default: 0] + tally.failed[.unavailable, default: 0] > 0)
    }

    @Test(
        "stopped for longer than the deadline: commands time out, may have been executed, and late answers are nobody's"
    )
    func pause() async throws {
        let tally = try await fault(timeout: .milliseconds(250)) { server, client in
            for _ in 0..<2 {
                server.pause()
                defer { server.resume() }
                let error = try #require(
                    await failure { () async throws(RedisError) in
                        try await client.execute(RedisCommand("SET", "paused", "x"), timeout: .milliseconds(100))
                    })
                #expect(error.code == .timeout)
                #expect(error.mayHaveBeenExecuted)
                try await eventually("the connections are given up") {
                    let error = await failure { () async throws(RedisError) in
                        try await client.execute(RedisCommand("PING"))
                    }
                    return error.map { [.connectionLost, .unavailable].contains($0.code) } ?? false
                }
                server.resume()
                try await client.waitUntilServed()
            }
        }
        #expect(tally.failed[.timeout, default: 0] > 0)
    }

    @Test("that is slower than some wait answers those who wait longer")
    func slow() async throws {
        let tally = try await fault { server, client async throws in
            for number in 0..<5 {
                async let patient = client.execute(RedisCommand("ECHO", "patient \(number)"), timeout: .seconds(2))
                let error = try #require(
                    await failure { () async throws(RedisError) in
                        try await client.execute(RedisCommand("DEBUG", "SLEEP", "0.1"), timeout: .milliseconds(20))
                    })
                #expect(error.code == .timeout)
                #expect(try await patient.string == "patient \(number)")
            }
        }
        #expect(tally.answered > 0)
    }

    @Test("that kills every connection, again and again")
    func killConnections() async throws {
        let tally = try await fault { server, client async throws in
            for _ in 0..<15 {
                try await server.killClients()
                try await client.waitUntilServed()
            }
        }
        #expect(tally.failed[.connectionLost, default: 0] > 0)
        // What had not been written has gone over another connection.
        #expect(tally.refused[.connectionLost, default: 0] == 0)
    }

    @Test("that holds commands back: all of them, and those that write")
    func pauseClients() async throws {
        let tally = try await fault(timeout: .milliseconds(300)) { server, client in
            try await server.pauseClients(for: .milliseconds(500))
            let error = try #require(
                await failure { () async throws(RedisError) in
                    try await client.execute(RedisCommand("SET", "held", "x"), timeout: .milliseconds(100))
                })
            #expect(error.code == .timeout)
            try await client.waitUntilServed()
            try await server.pauseClients(for: .milliseconds(200), writesOnly: true)
            // It may share a connection with a write that is held. Then it comes after that, or is lost with it where the
            // machine is so slow that the write is held for too long.
            try await eventually("what is not held is answered") {
                let reply = try? await client.execute(RedisCommand("ECHO", "not held"), timeout: .seconds(5))
                return reply?.string == "not held"
            }
            try await client.waitUntilServed()
        }
        #expect(tally.failed[.timeout, default: 0] > 0)
    }
}
