import RESP
import RedisServers
import Testing

@testable import RedisClient

@Suite("Deadlines, cancellation and limits")
struct DeadlineTests {
    /// A server of its own that answers nothing, and a client with one connection to it.
    private func silent(
        _ change: (inout RedisConfiguration) -> Void = { _ in }, _ body: (RedisServer, RedisClient) async throws -> Void
    ) async throws {
        try await RedisServer.with { server async throws in
            var configuration = try RedisConfiguration(url: server.url)
            configuration.connectionCount = 1
            change(&configuration)
            try await RedisClient.with(configuration) { client async throws in
                _ = try await client.execute(RedisCommand("PING"))
                server.pause()
                defer { server.resume() }
                try await body(server, client)
            }
        }
    }

    @Test("a command that takes too long is given up, and nobody gets its late reply")
    func timeout() async throws {
        try await silent { server, client async throws in
            let error = await failure { () async throws(RedisError) in
                try await client.execute(RedisCommand("ECHO", "late"), timeout: .milliseconds(50))
            }
            #expect(error?.code == .timeout && error?.mayHaveBeenExecuted == true)
            server.resume()
            #expect(try await client.execute(RedisCommand("ECHO", "next"), timeout: .seconds(5)).string == "next")
            #expect(try await server.information("total_connections_received").flatMap { Int($0) } ?? 9 <= 6)
        }
    }

    @Test("a cancelled command gives up at once, and nobody gets its reply")
    func cancellation() async throws {
        try await silent { server, client async throws in
            try await withThrowingTaskGroup(of: RedisError?.self) { group in
                group.addTask {
                    await failure { () async throws(RedisError) in
                        try await client.execute(RedisCommand("ECHO", "cancelled"), timeout: .seconds(30))
                    }
                }
                try await eventually("the command is under way") { client.topology.commandCount == 1 }
                group.cancelAll()
                #expect(try await group.next()??.code == .cancelled)
            }
            server.resume()
            #expect(try await client.execute(RedisCommand("ECHO", "next"), timeout: .seconds(5)).string == "next")
        }
    }

    @Test("a task that is cancelled already sends nothing")
    func cancelledBefore() async throws {
        try await RedisClient.with(SharedServers.standalone.value) { client async throws in
            let key = ownKey()
            await withTaskGroup(of: Void.self) { group in
                group.cancelAll()
                group.addTask {
                    let error = await failure { () async throws(RedisError) in
                        try await client.execute(RedisCommand("SET", key, "1"))
                    }
                    #expect(error?.code == .cancelled && error?.mayHaveBeenExecuted == false)
                }
            }
            #expect(try await client.execute(RedisCommand("GET", key)).isNull)
        }
    }

    @Test("random cancellation of some commands shifts no reply of the others", arguments: [1, 2, 3])
    func cancellations(_ round: Int) async throws {
        let server = try await SharedServers.standalone.value
        try await RedisClient.with(server, { $0.connectionCount = 1 }) { client async throws in
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<400 {
                    group.addTask {
                        await withTaskGroup(of: Void.self) { inner in
                            inner.addTask {
                                let reply = try? await client.execute(RedisCommand("ECHO", "\(number)"))
                                if let reply { #expect(reply.string == "\(number)") }
                            }
                            if number % 3 == round % 3 {
                                await Task.yield()
                                inner.cancelAll()
                            }
                        }
                    }
                }
            }
        }
    }

    @Test("a queue takes what its limit allows, refuses one more, and takes again later")
    func queue() async throws {
        try await silent { configuration in
            configuration.queueLimit = 10
        } _: { server, client async throws in
            await withTaskGroup(of: RedisError?.self) { group in
                for _ in 0..<15 {
                    group.addTask {
                        await failure { () async throws(RedisError) in
                            try await client.execute(RedisCommand("PING"), timeout: .seconds(10))
                        }
                    }
                }
                // The others are still waiting: nobody has been answered.
                for await error in group.prefix(5) {
                    #expect(error?.code == .queueFull && error?.mayHaveBeenExecuted == false)
                }
                server.resume()
                for await error in group { #expect(error == nil) }
            }
            #expect(try await client.execute(RedisCommand("PING")).string == "PONG")
            #expect(client.topology.commandCount == 0)
        }
    }

    @Test("what is larger than the whole queue is told so, and is not asked to come again")
    func tooLarge() async throws {
        let server = try await SharedServers.standalone.value
        let limits: (inout RedisConfiguration) -> Void = { ($0.queueLimit, $0.queueByteLimit) = (10, 1000) }
        try await RedisClient.with(server, limits) { client async throws in
            let ping = RedisCommand("PING")
            for batch in [
                Array(repeating: ping, count: 11), [RedisCommand("ECHO", String(repeating: "x", count: 1000))],
            ] {
                let error = await failure { () async throws(RedisError) in try await client.execute(batch: batch) }
                #expect(error?.code == .batchTooLarge && error?.mayHaveBeenExecuted == false)
            }
            #expect(try await client.execute(batch: Array(repeating: ping, count: 10)).count == 10)
        }
    }

    @Test("bytes that wait are limited, too")
    func queueBytes() async throws {
        try await silent { configuration in
            configuration.queueByteLimit = 1000
        } _: { server, client async throws in
            let text = String(repeating: "x", count: 600)
            async let first = client.execute(RedisCommand("ECHO", text), timeout: .seconds(10))
            try await eventually("it is under way") { client.topology.commandCount == 1 }
            let error = await failure { () async throws(RedisError) in
                try await client.execute(RedisCommand("ECHO", text), timeout: .seconds(10))
            }
            #expect(error?.code == .queueFull && error?.mayHaveBeenExecuted == false)
            server.resume()
            #expect(try await first.string == text)
            #expect(try await client.execute(RedisCommand("ECHO", text)).string == text)
        }
    }

    @Test("while there is no server commands fail at once, and work again when it is back")
    func down() async throws {
        try await RedisServer.with { server async throws in
            try await RedisClient.with(server) { client async throws in
                _ = try await client.execute(RedisCommand("PING"))
                try await server.kill()
                try await eventually("it is known to be down") {
                    await failure { () async throws(RedisError) in
                        try await client.execute(RedisCommand("PING"))
                    }?.code == .unavailable
                }
                let start = ContinuousClock.now
                for _ in 0..<20 {
                    let error = await failure { () async throws(RedisError) in
                        try await client.execute(RedisCommand("PING"), timeout: .seconds(20))
                    }
                    #expect(error?.code == .unavailable && error?.mayHaveBeenExecuted == false)
                }
                #expect(ContinuousClock.now - start < .seconds(5))
                try await server.restart()
                try await eventually("it works again") {
                    await failure { () async throws(RedisError) in
                        try await client.execute(RedisCommand("PING"))
                    } == nil
                }
            }
        }
    }

    @Test("a paused server loses its connections after the deadline, and is used again when it goes on")
    func paused() async throws {
        try await RedisServer.with { server async throws in
            let change: (inout RedisConfiguration) -> Void = {
                $0.commandTimeout = .milliseconds(200)
                $0.connectTimeout = .milliseconds(300)
            }
            try await RedisClient.with(server, change) { client async throws in
                _ = try await client.execute(RedisCommand("PING"))
                server.pause()
                let first = await failure { () async throws(RedisError) in
                    try await client.execute(RedisCommand("PING"))
                }
                #expect(first.map { [.timeout, .connectionLost].contains($0.code) } == true)
                try await eventually("it is known to be down") {
                    await failure { () async throws(RedisError) in
                        try await client.execute(RedisCommand("PING"))
                    }?.code == .unavailable
                }
                server.resume()
                try await eventually("it works again") {
                    await failure { () async throws(RedisError) in
                        try await client.execute(RedisCommand("PING"))
                    } == nil
                }
            }
        }
    }
}
