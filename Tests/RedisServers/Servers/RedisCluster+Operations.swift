extension RedisCluster {
    /// A line of `CLUSTER NODES`.
    private struct Line {
        let id: String
        let flags: [Substring]
        let primary: String
        let slots: [ClosedRange<Int>]

        var isPrimary: Bool { flags.contains("master") && !flags.contains("fail") }

        init?(_ line: Substring) {
            let words = line.split(separator: " ")
            guard words.count >= 8 else { return nil }
            (id, flags, primary) = (String(words[0]), words[2].split(separator: ","), String(words[3]))
            slots = words.dropFirst(8).compactMap { word in
                let ends = word.split(separator: "-").compactMap { Int($0) }
                guard let first = ends.first, let last = ends.last, word.first != "[" else { return nil }
                return first...last
            }
        }
    }

    private func lines(by server: RedisServer) async throws -> [Line] {
        try await server.command("CLUSTER", "NODES").split(whereSeparator: \.isNewline).compactMap { Line($0) }
    }

    private var witness: RedisServer {
        get throws {
            guard let server = nodes.first(where: { $0.server.isRunning })?.server else {
                throw RedisServersError("no member runs")
            }
            return server
        }
    }

    private func node(_ id: String) throws -> Node {
        guard let node = nodes.first(where: { $0.id == id }) else { throw RedisServersError("no member \(id)") }
        return node
    }

    /// The member that owns a slot, as a running member sees it.
    package func primary(ofSlot slot: Int) async throws -> Node {
        let owner = try await lines(by: witness).first { line in line.slots.contains { $0.contains(slot) } }
        guard let owner else { throw RedisServersError("nobody owns slot \(slot)") }
        return try node(owner.id)
    }

    /// The members that are primaries, as a running member sees it.
    package func primaries() async throws -> [Node] {
        try await lines(by: witness).filter { $0.isPrimary && !$0.slots.isEmpty }.map { try node($0.id) }
    }

    /// The replicas of a primary, as a running member sees it.
    package func replicas(of primary: Node) async throws -> [Node] {
        try await lines(by: witness).filter { $0.primary == primary.id }.map { try node($0.id) }
    }

    /// Waits until every running member says that this one is primary of a slot, and that the Cluster works.
    package func waitUntil(_ primary: Node, owns slot: Int) async throws {
        for node in nodes where node.server.isRunning {
            try await eventually("\(node.server.port) knows that \(primary.server.port) owns \(slot)") {
                let owner = try await lines(by: node.server).first { line in line.slots.contains { $0.contains(slot) } }
                guard owner?.id == primary.id else { return false }
                return try await node.server.command("CLUSTER", "INFO").contains("cluster_state:ok")
            }
        }
    }

    /// Makes the replica of a slot's primary the primary, while the old one still runs. Returns the new one when every
    /// member knows it.
    package func failOver(slot: Int) async throws -> Node {
        let old = try await primary(ofSlot: slot)
        guard let next = try await replicas(of: old).first(where: { $0.server.isRunning }) else {
            throw RedisServersError("\(old.server.port) has no replica")
        }
        let mark = next.server.log.position
        try await next.server.command("CLUSTER", "FAILOVER")
        _ = try await next.server.log.line(with: "Failover election won", after: mark, within: .seconds(15))
        try await waitUntil(next, owns: slot)
        return next
    }

    /// Kills a slot's primary, and returns the next one when every member that runs knows it.
    package func killPrimary(ofSlot slot: Int) async throws -> Node {
        let old = try await primary(ofSlot: slot)
        try await old.server.kill()
        return try await waitUntilReplaced(old, slot: slot)
    }

    /// Stops a slot's primary where it is, and returns the next one when every member that runs knows it. Whoever calls
    /// lets the old one go on.
    package func pausePrimary(ofSlot slot: Int) async throws -> Node {
        let old = try await primary(ofSlot: slot)
        old.server.pause()
        return try await waitUntilReplaced(old, slot: slot)
    }

    private func waitUntilReplaced(_ old: Node, slot: Int) async throws -> Node {
        var next = old
        try await eventually("a replica of \(old.server.port) is promoted", within: .seconds(30)) {
            next = try await primary(ofSlot: slot)
            return next.id != old.id
        }
        try await waitUntil(next, owns: slot)
        return next
    }
}
