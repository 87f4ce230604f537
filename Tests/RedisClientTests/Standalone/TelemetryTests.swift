import InMemoryTracing
import Logging
import MetricsTestKit
import RESP
import RedisServers
import Synchronization
import Testing
import Tracing

@testable import RedisClient

@Suite("What the Redis client measures and traces")
struct TelemetryTests {
    /// A client of the shared server, or of a URL, with a metrics system and a tracer of its own.
    private func with(
        _ url: String? = nil, logger: Logger = .silent,
        _ body: (RedisClient, TestMetrics, InMemoryTracer) async throws -> Void
    ) async throws {
        let (metrics, tracer) = (TestMetrics(), InMemoryTracer())
        let shared = try await SharedServers.standalone.value.url
        let client = RedisClient(
            try RedisConfiguration(url: url ?? shared), logger: logger, metrics: metrics, tracer: tracer)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            defer { group.cancelAll() }
            try await body(client, metrics, tracer)
        }
    }

    @Test("commands are counted by how they end, and their time is taken")
    func commands() async throws {
        try await with { client, metrics, _ async throws in
            for _ in 0..<3 { _ = try await client.execute(RedisCommand("PING")) }
            _ = await failure { () async throws(RedisError) in try await client.execute(RedisCommand("NOSUCH")) }
            func count(_ outcome: String) throws -> Int64 {
                try metrics.expectCounter("redis_client_commands_total", [("outcome", outcome)]).totalValue
            }
            #expect(try count("ok") == 3 && count("redis_server_error") == 1)
            #expect(try metrics.expectTimer("redis_client_command_duration_seconds").values.count == 4)
            #expect(try metrics.expectCounter("redis_client_connects_total", [("outcome", "ok")]).totalValue >= 1)
        }
    }

    @Test("connections and commands that wait are there to see, and losses are counted")
    func gauges() async throws {
        try await RedisServer.with { server async throws in
            try await with(server.url) { client, metrics, _ async throws in
                func meter(_ name: String) throws -> Double? {
                    try metrics.expectMeter("redis_client_\(name)").lastValue
                }
                try await eventually("both are connected") { try meter("connections") == 2 }
                try await server.pauseClients(for: .seconds(2))
                async let waiting = client.execute(
                    batch: [RedisCommand("PING"), RedisCommand("PING"), RedisCommand("PING")], timeout: .seconds(10))
                try await eventually("three commands wait") { try meter("commands_waiting") == 3 }
                #expect(try await waiting.count == 3)
                try await eventually("none waits") { try meter("commands_waiting") == 0 }
                try await server.kill()
                try await eventually("an attempt failed") {
                    try metrics.expectCounter(
                        "redis_client_connects_total", [("outcome", "redis_unavailable")]
                    ).totalValue > 0
                }
                try await eventually("no connection is left") { try meter("connections") == 0 }
            }
        }
    }

    @Test("messages and lost subscriptions are counted")
    func subscriptions() async throws {
        try await RedisServer.with { server async throws in
            try await with(server.url) { client, metrics, _ async throws in
                try await client.withSubscription(to: ["a"]) { subscription async throws in
                    var events = subscription.makeAsyncIterator()
                    _ = try await events.next()
                    _ = try await client.execute(RedisCommand("PUBLISH", "a", "x"))
                    #expect(try await events.next() == .message(channel: "a", payload: [120]))
                    try await server.killClients("pubsub")
                    while try await events.next() != .resubscribed("a") {}
                }
                func count(_ name: String) throws -> Int64 {
                    try metrics.expectCounter("redis_client_\(name)_total").totalValue
                }
                #expect(try count("messages") == 1 && count("subscriptions_lost") == 1)
            }
        }
    }

    @Test("commands that are sent elsewhere are counted")
    func redirections() async throws {
        let isFirst = Atomic(true)
        try await ScriptedCluster.with([.init(owner: 0, epoch: 1)]) { _, request in
            isFirst.exchange(false, ordering: .relaxed) ? .text("-TRYAGAIN later\r\n") : .bulk(request.words[1])
        } _: { cluster in
            try await with(cluster.url) { client, metrics, _ in
                _ = try await client.execute(RedisCommand("ECHO", "a"), key: "a")
                #expect(try metrics.expectCounter("redis_client_redirections_total").totalValue == 1)
            }
        }
    }

    @Test("what is logged, at any level, holds no secret, no argument and no reply")
    func logs() async throws {
        var options = RedisServerOptions()
        options.users = [.init("worker", password: "hidden-password")]
        let log = CollectedLog()
        try await RedisServer.with(options) { server async throws in
            try await with(server.url, logger: log.logger) { client, _, _ async throws in
                _ = try await client.execute(RedisCommand("ECHO", "hidden-argument"))
                _ = await failure { () async throws(RedisError) in
                    try await client.execute(RedisCommand("EVAL", "hidden-argument", 0))
                }
                try await client.withSubscription(to: ["a"]) { subscription async throws in
                    var events = subscription.makeAsyncIterator()
                    _ = try await events.next()
                    try await server.command("ACL", "SETUSER", "worker", "resetpass", ">hidden-other")
                    try await server.killClients("pubsub")
                    try await server.killClients()
                    try await eventually("the refusal is logged") {
                        log.lines.contains { $0.contains("redis_auth_failed") }
                    }
                }
            }
        }
        #expect(!log.lines.contains { $0.contains("hidden") })
    }

    @Test("each call is a span with the command's name and no argument, and a failed one says why")
    func spans() async throws {
        try await with { client, _, tracer async throws in
            _ = try await client.execute(RedisCommand("ECHO", "secret"))
            _ = await failure { () async throws(RedisError) in
                try await client.execute(RedisCommand("NOSUCH", "secret"))
            }
            let spans = tracer.finishedSpans
            #expect(spans.map(\.operationName) == ["ECHO", "NOSUCH"])
            #expect(spans.map(\.kind) == [.client, .client])
            #expect(spans[0].attributes.get("db.system.name") == "redis")
            #expect(spans[1].attributes.get("error.type") == "redis_server_error")
            #expect(spans.allSatisfy { !"\($0)".contains("secret") })
        }
    }
}

/// What loggers said, metadata and all.
private final class CollectedLog: LogHandler {
    private let collected = Mutex<[String]>([])
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    var logger: Logger { Logger(label: "test", factory: { _ in self }) }
    var lines: [String] { collected.withLock { $0 } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        collected.withLock {
            $0.append("\(event.message) \(event.metadata ?? [:]) \(event.error.map { "\($0)" } ?? "")")
        }
    }
}

extension Logger {
    /// Says nothing.
    static var silent: Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }
}
