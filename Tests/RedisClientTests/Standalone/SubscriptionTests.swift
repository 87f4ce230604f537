import Logging
import RESP
import RedisServers
import Testing

@testable import RedisClient

@Suite("Subscriptions on one server")
struct SubscriptionTests {
    private func channel(_ name: String = #function) -> String { "\(name)-\(UInt64.random(in: .min ... .max))" }

    @Test(
        "messages come after the word that the channel is subscribed, in order",
        arguments: [
            RedisSubscription.Kind.plain, .sharded,
        ])
    func order(_ kind: RedisSubscription.Kind) async throws {
        try await RedisClient.with(SharedServers.standalone.value) { client async throws in
            let channel = channel()
            let publish = kind == .plain ? "PUBLISH" : "SPUBLISH"
            try await client.withSubscription(to: [channel], kind: kind) { subscription async throws in
                var events = subscription.makeAsyncIterator()
                #expect(try await events.next() == .subscribed(channel))
                _ = try await client.execute(batch: (0..<500).map { RedisCommand(publish, channel, $0) })
                for number in 0..<500 {
                    #expect(
                        try await events.next() == .message(channel: channel, payload: Array(String(number).utf8)))
                }
            }
        }
    }

    @Test("a lost connection is told before anything of the next one")
    func loss() async throws {
        try await RedisServer.with { server async throws in
            try await RedisClient.with(server) { client async throws in
                try await client.withSubscription(to: ["a", "b"]) { subscription async throws in
                    var events = subscription.makeAsyncIterator()
                    #expect(try await events.next() == .subscribed("a"))
                    #expect(try await events.next() == .subscribed("b"))
                    for _ in 0..<3 {
                        try await server.killClients("pubsub")
                        guard case .lost(let channels, let error)? = try await events.next() else {
                            Issue.record("the loss was not told")
                            return
                        }
                        #expect(channels == ["a", "b"] && error.code == .connectionLost)
                        #expect(try await events.next() == .resubscribed("a"))
                        #expect(try await events.next() == .resubscribed("b"))
                    }
                    try await server.command("PUBLISH", "b", "x")
                    #expect(try await events.next() == .message(channel: "b", payload: [120]))
                }
            }
        }
    }

    @Test("a reader that is too slow gets what was kept, and then an error")
    func overflow() async throws {
        try await RedisClient.with(SharedServers.standalone.value) { client async throws in
            let channel = channel()
            try await client.withSubscription(to: [channel], bufferLimit: 10) { subscription async throws in
                var events = subscription.makeAsyncIterator()
                #expect(try await events.next() == .subscribed(channel))
                _ = try await client.execute(batch: (0..<50).map { RedisCommand("PUBLISH", channel, $0) })
                try await eventually("the buffer is full") { subscription.buffer.isEnded }
                for number in 0..<10 {
                    #expect(
                        try await events.next() == .message(channel: channel, payload: Array(String(number).utf8)))
                }
                let error = await failure { () async throws(RedisError) in try await events.next() }
                #expect(error?.code == .subscriptionOverflow)
            }
            try await eventually("the connection is closed") {
                try await client.execute(RedisCommand("PUBLISH", channel, "x")).int == 0
            }
        }
    }

    @Test("a channel that the user may not have ends the subscription, with the server's error")
    func forbidden() async throws {
        var options = RedisServerOptions()
        options.users = [.init("reader", password: "secret", rules: "+@all ~* resetchannels &mine")]
        try await RedisServer.with(options) { server async throws in
            try await RedisClient.with(server) { client async throws in
                try await client.withSubscription(to: ["mine"]) { subscription async throws in
                    var events = subscription.makeAsyncIterator()
                    #expect(try await events.next() == .subscribed("mine"))
                }
                try await client.withSubscription(to: ["others"]) { subscription async throws in
                    var events = subscription.makeAsyncIterator()
                    let error = await failure { () async throws(RedisError) in try await events.next() }
                    #expect(error?.code == .server && error?.serverError?.kind == "NOPERM")
                }
            }
        }
    }

    @Test("a server that is not there, and then is")
    func late() async throws {
        try await RedisServer.with { server async throws in
            try await server.kill()
            try await RedisClient.with(server) { client async throws in
                try await client.withSubscription(to: ["a"]) { subscription async throws in
                    var events = subscription.makeAsyncIterator()
                    guard case .lost(["a"], _)? = try await events.next() else {
                        Issue.record("the failure was not told")
                        return
                    }
                    try await server.restart()
                    #expect(try await events.next() == .subscribed("a"))
                }
            }
        }
    }

    @Test("a paused server is found out by its silence")
    func silence() async throws {
        try await RedisServer.with { server async throws in
            let change: (inout RedisConfiguration) -> Void = {
                $0.keepAliveInterval = .milliseconds(100)
                $0.commandTimeout = .milliseconds(200)
            }
            try await RedisClient.with(server, change) { client async throws in
                try await client.withSubscription(to: ["a"]) { subscription async throws in
                    var events = subscription.makeAsyncIterator()
                    #expect(try await events.next() == .subscribed("a"))
                    server.pause()
                    guard case .lost(["a"], _)? = try await events.next() else {
                        Issue.record("the silence was not noticed")
                        return
                    }
                    server.resume()
                    #expect(try await events.next() == .resubscribed("a"))
                }
            }
        }
    }

    @Test("a reader whose task is cancelled stops reading")
    func cancellation() async throws {
        try await RedisClient.with(SharedServers.standalone.value) { client async throws in
            try await client.withSubscription(to: [channel()]) { subscription async throws in
                await withTaskGroup(of: RedisError?.self) { group in
                    group.addTask {
                        await failure { () async throws(RedisError) in
                            for try await _ in subscription {}
                        }
                    }
                    group.cancelAll()
                    #expect(await group.next() == .some(.cancelled(written: false)))
                }
            }
        }
    }

    @Test("a stopped client ends its subscriptions")
    func stopping() async throws {
        let server = try await SharedServers.standalone.value
        let client = RedisClient(try RedisConfiguration(url: server.url), logger: .silent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await client.withSubscription(to: ["stopping"]) { subscription async throws in
                    var events = subscription.makeAsyncIterator()
                    #expect(try await events.next() == .subscribed("stopping"))
                    await withTaskGroup(of: Void.self) { running in
                        running.addTask { try? await client.run() }
                        running.cancelAll()
                    }
                    let error = await failure { () async throws(RedisError) in try await events.next() }
                    #expect(error?.code == .closed)
                }
            }
            try await group.waitForAll()
        }
        await #expect(throws: RedisError.self) { try await client.withSubscription(to: ["x"]) { _ in } }
    }
}
