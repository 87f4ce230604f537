import InMemoryTracing
import Logging
import MetricsTestKit
import RESP
import RedisServers
import Testing
import Tracing

@testable import RedisClient

@Suite("What the Redis client measures and traces")
struct TelemetryTests {
    /// A client of the shared server, with a metrics system and a tracer of its own.
    private func with(_ body: (RedisClient, TestMetrics, InMemoryTracer) async throws -> Void) async throws {
        let (metrics, tracer) = (TestMetrics(), InMemoryTracer())
        let server = try await SharedServers.standalone.value
        let client = RedisClient(
            try RedisConfiguration(url: server.url), logger: .silent, metrics: metrics, tracer: tracer)
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

extension Logger {
    /// Says nothing.
    static var silent: Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }
}
