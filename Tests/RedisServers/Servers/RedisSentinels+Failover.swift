extension RedisSentinels {
    /// The server that the Sentinels call the primary.
    package func primary() async throws -> RedisServer {
        for sentinel in sentinels where sentinel.isRunning {
            let words = try await sentinel.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", Self.name)
            let port = words.split(whereSeparator: \.isNewline).last.flatMap { Int($0) }
            if let server = servers.first(where: { $0.port == port }) { return server }
        }
        throw RedisServersError("no Sentinel knows a primary")
    }

    /// Has another server made primary while the old one still runs, and returns it when all Sentinels say so.
    package func failOver() async throws -> RedisServer {
        let old = try await primary()
        let marks = marks()
        try await replace(old)
        return try await waitForSwitch(after: marks)
    }

    /// Kills the primary, and returns the next one when all Sentinels say so.
    package func killPrimary() async throws -> RedisServer {
        let old = try await primary()
        let marks = marks()
        try await old.kill()
        // They would do it by themselves, too. But soon after another failover they first wait, for up to some 15 s.
        try await replace(old)
        return try await waitForSwitch(after: marks)
    }

    /// Has a replica promoted. A Sentinel gives that up where it has not heard of the replicas for half a second, because
    /// its disk was slow, say; then it is asked again.
    private func replace(_ old: RedisServer) async throws {
        try await eventually("a replica is promoted", within: .seconds(30)) {
            if try await primary().port != old.port { return true }
            let mark = sentinels[0].log.position
            guard try await beginFailover() else { return false }
            let line = try await sentinels[0].log.line(
                with: "+promoted-slave", "+switch-master", "-failover-abort", after: mark, within: .seconds(30))
            return !line.contains("-failover-abort")
        }
    }

    /// Whether the Sentinel has begun: not where there is no replica to promote now, or another failover is not over.
    private func beginFailover() async throws -> Bool {
        do {
            try await sentinels[0].command("SENTINEL", "FAILOVER", Self.name)
            return true
        } catch let error as RedisServersError {
            guard ["NOGOODSLAVE", "INPROG"].contains(where: error.description.contains) else { throw error }
            return false
        }
    }

    /// Cuts the primary off from its replicas and the Sentinels, who replace it; whoever knows its address and has a user
    /// of his own goes on reaching it. For good: the test's own commands do not reach it any more. Demands a password for
    /// the user `default`. Returns the next primary when all Sentinels say so.
    package func isolatePrimary() async throws -> RedisServer {
        let old = try await primary()
        let marks = marks()
        try await old.refuseControl()
        try await replace(old)
        return try await waitForSwitch(after: marks)
    }

    /// Where the Sentinels' logs end now.
    func marks() -> [Int] { sentinels.map(\.log.position) }

    /// Waits until every Sentinel that runs has told of another primary since then.
    func waitForSwitch(after marks: [Int]) async throws -> RedisServer {
        for (sentinel, mark) in zip(sentinels, marks) where sentinel.isRunning {
            // The one that leads the failover says so by the first of these, and its name for the primary is the new one.
            let texts = ("+promoted-slave", "+switch-master")
            _ = try await sentinel.log.line(with: texts.0, texts.1, after: mark, within: .seconds(30))
        }
        return try await primary()
    }

    /// Waits until every server that runs is the primary or in sync with it.
    package func settle() async throws {
        let primary = try await primary()
        for server in servers where server.isRunning && server.port != primary.port {
            try await eventually("the server \(server.port) follows \(primary.port)") {
                let port = try await server.information("master_port", section: "replication")
                let link = try await server.information("master_link_status", section: "replication")
                return port == String(primary.port) && link == "up"
            }
        }
    }
}
