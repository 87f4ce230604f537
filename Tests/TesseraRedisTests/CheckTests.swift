import RedisClient
import RedisServers
import TesseraCore
import TesseraRuntime
import Testing

@testable import TesseraRedis

@Suite("A Redis is looked at before it is trusted")
struct CheckTests {
    private static let good = """
        # Server\r
        redis_version:7.0.15\r
        maxmemory_policy:noeviction\r
        aof_enabled:1\r
        connected_slaves:1\r
        min_slaves_good_slaves:1\r
        """

    private static func findings(
        _ replaced: String = "", _ replacement: String = "", settings: [String: String] = [:],
        clockAhead: Duration = .zero
    ) -> [RedisFinding] {
        let info = replaced.isEmpty ? good : good.replacing(replaced, with: replacement)
        return ServerReport(name: "Redis", info: info, settings: settings, clockAhead: clockAhead).findings
    }

    @Test("A good one gives no reason for complaint")
    func good() {
        #expect(Self.findings(settings: ["save": "", "min-replicas-max-lag": "2"]).isEmpty)
    }

    @Test(
        "Each thing that is not as it should be is said, and what to do",
        arguments: [
            ("redis_version:7.0.15", "redis_version:6.2.7", "needs 7.0", true),
            ("redis_version:7.0.15", "", "does not tell its version", false),
            ("noeviction", "allkeys-lru", "set it to noeviction", false),
            ("aof_enabled:1", "aof_enabled:0", "appendonly yes", false),
            ("min_slaves_good_slaves:1", "", "min-replicas-to-write is 0", false),
        ])
    func problems(_ replaced: String, _ replacement: String, _ words: String, _ isRefusal: Bool) {
        let findings = Self.findings(replaced, replacement)
        #expect(findings.count == 1)
        #expect(findings.first?.text.contains(words) == true)
        #expect(findings.first?.severity == (isRefusal ? .refusal : .warning))
    }

    @Test("Without snapshots either, nothing at all is kept")
    func nothingKept() {
        let findings = Self.findings("aof_enabled:1", "aof_enabled:0", settings: ["save": ""])
        #expect(findings.map(\.text).first?.contains("keeps nothing on disk") == true)
    }

    @Test("A primary that may be cut off for long is complained about")
    func lag() {
        #expect(Self.findings(settings: ["min-replicas-max-lag": "10"]).count == 1)
    }

    @Test(
        "A primary of a Redis Cluster that has no replica to spare is complained about",
        arguments: [(0, "1", true), (1, "1", true), (2, "1", false), (2, "2", true), (3, "2", false)])
    func replicasToSpare(_ count: Int, _ demanded: String, _ isComplaint: Bool) {
        let replaced = "connected_slaves:\(count)\r\ncluster_enabled:1"
        let settings = ["min-replicas-to-write": demanded]
        let texts = Self.findings("connected_slaves:1", replaced, settings: settings).map(\.text)
        #expect(texts.count == (isComplaint ? 1 : 0))
        #expect(texts.allSatisfy { $0.contains("after a failover its users get 503") })
        #expect(Self.findings(settings: settings).isEmpty, "without a Cluster")
    }

    @Test("Clocks that differ are complained about, in either direction", arguments: [-20, -2, 2, 20])
    func clocks(_ seconds: Int) {
        let findings = Self.findings(clockAhead: .seconds(seconds))
        #expect(findings.map(\.text).first?.contains("differ by \(abs(seconds)) s") == true)
        #expect(Self.findings(clockAhead: .milliseconds(seconds * 10)).isEmpty)
    }

    @Test("A real server is asked all of that")
    func realServer() async throws {
        var options = RedisServerOptions()
        options.lines = ["maxmemory-policy allkeys-lfu"]
        try await RedisServer.with(options) { server in
            try await Fixture.with(url: server.url) { redis in
                let texts = try await RedisDeployment.inspect(client: redis.client, clock: .system).map(\.text)
                #expect(texts.count == 2)
                #expect(texts.contains { $0.contains("allkeys-lfu") && $0.contains("\(server.port)") })
                #expect(texts.contains { $0.contains("keeps nothing on disk") })
                let slow = WallClock { WallClock.system.now() - .seconds(12) }
                let more = try await RedisDeployment.inspect(client: redis.client, clock: slow).map(\.text)
                #expect(more.contains { $0.contains("differ by 1") })
                _ = try await server.command("CONFIG", "SET", "appendonly", "yes")
                _ = try await server.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
                #expect(try await RedisDeployment.inspect(client: redis.client, clock: .system).isEmpty)
            }
        }
    }
}
