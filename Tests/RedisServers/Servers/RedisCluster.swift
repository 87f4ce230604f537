/// A Redis Cluster of three primaries and three replicas; with times so short that a failover takes about two seconds.
package final class RedisCluster: Sendable {
    /// A member.
    package struct Node: Sendable {
        package let id: String
        package let server: RedisServer
    }

    /// The members. At first the first three are primaries, and the others their replicas in the same order.
    package let nodes: [Node]

    private init(nodes: [Node]) { self.nodes = nodes }

    /// Starts one, and returns when it takes writes and the replicas have their data. The options are those of each
    /// member.
    package static func start(_ options: RedisServerOptions = RedisServerOptions()) async throws -> RedisCluster {
        for _ in 0..<3 {
            if let cluster = try await startOnce(options) { return cluster }
        }
        throw RedisServersError("every port was taken")
    }

    /// Starts one for the time of a call.
    package static func with<Result>(
        _ options: RedisServerOptions = RedisServerOptions(), _ body: (RedisCluster) async throws -> Result
    ) async throws -> Result {
        let cluster = try await start(options)
        return try await ending(cluster.stop) { try await body(cluster) }
    }

    private static func startOnce(_ options: RedisServerOptions) async throws -> RedisCluster? {
        let members = try (0..<6).map { index in
            Member(
                index: index,
                id: (0..<5).map { _ in String(UInt32.random(in: 0x1000_0000 ... .max), radix: 16) }.joined(),
                port: try FreePort.next(), busPort: try FreePort.next())
        }
        var nodes: [Node] = []
        do {
            for member in members {
                var options = options
                options.lines += [
                    "cluster-enabled yes", "cluster-port \(member.busPort)", "cluster-node-timeout 1000",
                    "cluster-replica-validity-factor 0",
                ]
                let files = ["nodes.conf": Member.file(of: members, for: member)]
                guard let server = try await RedisServer.start(options, port: member.port, files: files) else {
                    for node in nodes { try await node.server.stop() }
                    return nil
                }
                nodes.append(Node(id: member.id, server: server))
            }
            for (node, member) in zip(nodes, members) {
                let text = member.isPrimary ? "Cluster state changed: ok" : "sync: Finished with success"
                _ = try await node.server.log.line(with: text, within: .seconds(20))
            }
            for (node, member) in zip(nodes, members) where member.isPrimary {
                try await node.server.waitForReplicas(1)
            }
            return RedisCluster(nodes: nodes)
        } catch {
            for node in nodes { try? await node.server.stop() }
            throw error
        }
    }

    /// Ends all.
    package func stop() async throws {
        for node in nodes { try await node.server.stop() }
    }

    /// A member as the others know it from the start, by the file in which a member keeps what it knows. Finding each
    /// other would take seconds.
    private struct Member {
        let index: Int
        let id: String
        let port: Int
        let busPort: Int

        var isPrimary: Bool { index < 3 }

        static func file(of members: [Member], for myself: Member) -> String {
            let slots = ["0-5460", "5461-10922", "10923-16383"]
            let lines = members.map { member in
                let flags = (member.index == myself.index ? "myself," : "") + (member.isPrimary ? "master" : "slave")
                let address = "\(member.id) 127.0.0.1:\(member.port)@\(member.busPort) \(flags)"
                return member.isPrimary
                    ? "\(address) - 0 0 \(member.index + 1) connected \(slots[member.index])"
                    : "\(address) \(members[member.index - 3].id) 0 0 0 connected"
            }
            return (lines + ["vars currentEpoch 6 lastVoteEpoch 0"]).joined(separator: "\n") + "\n"
        }
    }
}
