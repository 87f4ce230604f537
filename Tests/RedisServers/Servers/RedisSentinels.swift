/// One primary, two replicas, and three Sentinels that watch them; with times so short that a failover takes about two
/// seconds.
package final class RedisSentinels: Sendable {
    /// The name under which the Sentinels know the primary.
    package static let name = "main"

    /// The three servers; the first is the primary at first.
    package let servers: [RedisServer]
    package let sentinels: [RedisServer]

    private init(servers: [RedisServer], sentinels: [RedisServer]) {
        (self.servers, self.sentinels) = (servers, sentinels)
    }

    /// Starts all, and returns when the Sentinels know each other and the replicas have their data. The options are
    /// those of the three servers; the Sentinels speak TLS where these do.
    package static func start(_ options: RedisServerOptions = RedisServerOptions()) async throws -> RedisSentinels {
        var started: [RedisServer] = []
        do {
            let primary = try await RedisServer.start(options)
            started.append(primary)
            var following = options
            following.replicaOf = primary.port
            for _ in 0..<2 { started.append(try await RedisServer.start(following)) }
            let servers = started
            let sentinels = try await startSentinels(of: servers) { started.append($0) }
            let trio = RedisSentinels(servers: servers, sentinels: sentinels)
            try await trio.waitUntilReady()
            return trio
        } catch {
            for server in started { try? await server.stop() }
            throw error
        }
    }

    /// Starts all for the time of a call.
    package static func with<Result>(
        _ options: RedisServerOptions = RedisServerOptions(), _ body: (RedisSentinels) async throws -> Result
    ) async throws -> Result {
        let trio = try await start(options)
        return try await ending(trio.stop) { try await body(trio) }
    }

    private static func startSentinels(
        of servers: [RedisServer], _ each: (RedisServer) -> Void
    ) async throws -> [RedisServer] {
        let ids = (1...3).map { String(repeating: String($0), count: 40) }
        let ports = try ids.map { _ in try FreePort.next() }
        var options = RedisServerOptions()
        options.certificate = servers[0].options.certificate
        var sentinels: [RedisServer] = []
        for (id, port) in zip(ids, ports) {
            // They are told of the replicas and of each other, which otherwise takes seconds to find out.
            var lines = [
                "bind 127.0.0.1", "protected-mode no", "sentinel myid \(id)",
                "sentinel monitor \(name) 127.0.0.1 \(servers[0].port) 2",
                "sentinel down-after-milliseconds \(name) 1000", "sentinel failover-timeout \(name) 1500",
                "sentinel parallel-syncs \(name) 2", "sentinel auth-user \(name) control",
                "sentinel auth-pass \(name) \(RedisServer.controlPassword)",
            ]
            lines += try options.portLines(port)
            lines += servers.dropFirst().map { "sentinel known-replica \(name) 127.0.0.1 \($0.port)" }
            lines += zip(ids, ports).filter { $0.0 != id }
                .map { "sentinel known-sentinel \(name) 127.0.0.1 \($0.1) \($0.0)" }
            let files = ["server.conf": lines.joined(separator: "\n") + "\n"]
            guard let sentinel = try await RedisServer.start(options, kind: .sentinel, port: port, files: files) else {
                throw RedisServersError("the port of a Sentinel was taken")
            }
            each(sentinel)
            sentinels.append(sentinel)
        }
        return sentinels
    }

    private func waitUntilReady() async throws {
        for replica in servers.dropFirst() { try await replica.waitUntilInSync() }
        for sentinel in sentinels {
            try await sentinel.command(
                "SENTINEL", "DEBUG", "INFO-PERIOD", "200", "PUBLISH-PERIOD", "200", "PING-PERIOD", "100", "ASK-PERIOD",
                "100", "ELECTION-TIMEOUT", "1000", "MIN-LINK-RECONNECT-PERIOD", "100", "SLAVE-RECONF-TIMEOUT", "1000")
            try await eventually("the Sentinel \(sentinel.port) has a quorum") {
                try await hasQuorum(sentinel)
            }
        }
        try await servers[0].waitForReplicas(servers.count - 1)
    }

    /// Whether a Sentinel has heard of the others. One that has not says so by an error.
    private func hasQuorum(_ sentinel: RedisServer) async throws -> Bool {
        do {
            return try await sentinel.command("SENTINEL", "CKQUORUM", Self.name).hasPrefix("OK 3")
        } catch let error as RedisServersError where error.description.contains("NOQUORUM") {
            return false
        }
    }

    /// Ends all.
    package func stop() async throws {
        for server in sentinels + servers { try await server.stop() }
    }
}
