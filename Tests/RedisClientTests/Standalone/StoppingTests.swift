import Logging
import RESP
import RedisServers
import ServiceLifecycle
import Testing

@testable import RedisClient

@Suite("The end of a Redis client")
struct StoppingTests {
    /// A client among services, whose server answers nothing. The services have ended once this returns.
    private func silent(
        _ change: (inout RedisConfiguration) -> Void = { _ in },
        _ body: (RedisServer, RedisClient, ServiceGroup) async throws -> Void
    ) async throws {
        try await RedisServer.with { server async throws in
            var configuration = try RedisConfiguration(url: server.url)
            change(&configuration)
            let client = RedisClient(configuration, logger: .silent)
            let services = ServiceGroup(services: [client], logger: .silent)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await services.run() }
                _ = try await client.execute(RedisCommand("PING"))
                server.pause()
                defer { server.resume() }
                try await body(server, client, services)
                try await group.waitForAll()
            }
        }
    }

    @Test("on graceful shutdown commands under way are answered, and new ones refused")
    func graceful() async throws {
        try await silent { server, client, services async throws in
            try await withThrowingTaskGroup(of: RedisReply.self) { asking in
                for number in 0..<20 {
                    asking.addTask { try await client.execute(RedisCommand("ECHO", number), timeout: .seconds(10)) }
                }
                try await eventually("all are under way") { client.topology.commandCount == 20 }
                await services.triggerGracefulShutdown()
                try await waitUntilRefused(client)
                server.resume()
                var answers: Set<Int> = []
                for try await reply in asking { if let number = reply.int { answers.insert(number) } }
                #expect(answers == Set(0..<20))
            }
        }
    }

    /// Waits until the client takes no more commands.
    private func waitUntilRefused(_ client: RedisClient) async throws {
        try await eventually("the client takes no more") {
            let error = await failure { () async throws(RedisError) in
                try await client.execute(RedisCommand("PING"), timeout: .milliseconds(10))
            }
            return error?.code == .closed && error?.mayHaveBeenExecuted == false
        }
    }

    @Test("a command that is cancelled while the client waits for its answer is told at once")
    func cancelledWhileStopping() async throws {
        try await silent { server, client, services async throws in
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: RedisError?.self) { asking in
                asking.addTask {
                    await failure { () async throws(RedisError) in
                        try await client.execute(RedisCommand("PING"), timeout: .seconds(30))
                    }
                }
                try await eventually("it is under way") { client.topology.commandCount == 1 }
                await services.triggerGracefulShutdown()
                try await waitUntilRefused(client)
                asking.cancelAll()
                #expect(try await asking.next()??.code == .cancelled)
            }
            // Well within the time that the client waits for answers.
            #expect(ContinuousClock.now - start < .seconds(4))
            server.resume()
        }
    }

    @Test("a stopping client waits no longer than it is told to")
    func limited() async throws {
        try await silent { configuration in
            configuration.drainTimeout = .milliseconds(100)
        } _: { _, client, services async throws in
            async let asking = failure { () async throws(RedisError) in
                try await client.execute(RedisCommand("PING"), timeout: .seconds(30))
            }
            try await eventually("it is under way") { client.topology.commandCount == 1 }
            await services.triggerGracefulShutdown()
            let error = await asking
            #expect(error?.code == .closed && error?.mayHaveBeenExecuted == true)
        }
    }

    @Test("a cancelled client fails what is under way at once")
    func cancelled() async throws {
        try await RedisServer.with { server async throws in
            let client = RedisClient(try RedisConfiguration(url: server.url), logger: .silent)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await client.run() }
                _ = try await client.execute(RedisCommand("PING"))
                server.pause()
                async let asking = failure { () async throws(RedisError) in
                    try await client.execute(RedisCommand("PING"), timeout: .seconds(30))
                }
                try await eventually("it is under way") { client.topology.commandCount == 1 }
                group.cancelAll()
                #expect(await asking?.code == .closed)
            }
        }
    }

    @Test("a client that does not run fails its commands at their deadline")
    func notRunning() async throws {
        let server = try await SharedServers.standalone.value
        let client = RedisClient(try RedisConfiguration(url: server.url), logger: .silent)
        let error = await failure { () async throws(RedisError) in
            try await client.execute(RedisCommand("PING"), timeout: .milliseconds(50))
        }
        #expect(error?.code == .timeout && error?.mayHaveBeenExecuted == false)
    }
}
