package import RedisServers

/// The Redis of a local cluster.
package enum LocalRedis: Sendable {
    /// One server, and a proxy for each node, so that one can be cut off.
    case standalone(RedisServer, proxies: [TCPProxy])
    case sentinel(RedisSentinels)
    case cluster(RedisCluster)

    /// What kind of Redis there is.
    package enum Kind: String, Sendable, CaseIterable {
        case standalone
        case sentinel
        case cluster
    }

    /// Starts one, for so many nodes.
    static func start(_ kind: Kind, options: RedisServerOptions, nodes: Int) async throws -> LocalRedis {
        switch kind {
        case .standalone:
            let server = try await RedisServer.start(options)
            var proxies: [TCPProxy] = []
            for _ in 0..<nodes { proxies.append(try await TCPProxy.start(to: server.port)) }
            return .standalone(server, proxies: proxies)
        case .sentinel: return .sentinel(try await RedisSentinels.start(options))
        case .cluster: return .cluster(try await RedisCluster.start(options))
        }
    }

    /// How a node reaches it.
    package func url(forNode number: Int) -> String {
        switch self {
        case .standalone(_, let proxies): "redis://127.0.0.1:\(proxies[number - 1].port)"
        case .sentinel(let servers): servers.url
        case .cluster(let servers): servers.url
        }
    }

    /// Ends everything.
    func stop() async throws {
        switch self {
        case .standalone(let server, let proxies):
            for proxy in proxies { try? await proxy.stop() }
            try await server.stop()
        case .sentinel(let servers): try await servers.stop()
        case .cluster(let servers): try await servers.stop()
        }
    }

    /// Writes down what nodes agree on at a new store after the time of a lease: that nobody else knows anything. So that
    /// not every test begins with that time.
    func declareSettled(shards: Int = 64) async throws {
        for server in try await primaries() {
            guard let history = try await server.information("master_replid", section: "replication") else { continue }
            // Of a Cluster each primary takes those that are its own.
            try await server.commands(
                (0..<shards).map { "SET tessera:{t\($0 < 10 ? "0" : "")\($0)}:settled \(history)" })
        }
    }

    /// The servers that are primaries now. Of a Cluster all; tests disturb one of them.
    package func primaries() async throws -> [RedisServer] {
        switch self {
        case .standalone(let server, _): [server]
        case .sentinel(let servers): [try await servers.primary()]
        case .cluster(let servers): try await servers.primaries().map(\.server)
        }
    }

    /// Those that follow a primary.
    func replicas() async throws -> [RedisServer] {
        let primaries = try await primaries().map(\.port)
        return switch self {
        case .standalone: []
        case .sentinel(let servers): servers.servers.filter { !primaries.contains($0.port) && $0.isRunning }
        case .cluster(let servers):
            servers.nodes.map(\.server).filter { !primaries.contains($0.port) && $0.isRunning }
        }
    }

    package func proxy(ofNode number: Int) throws -> TCPProxy {
        guard case .standalone(_, let proxies) = self else { throw ClusterError("only one server has proxies") }
        return proxies[number - 1]
    }
}
