import Foundation
package import RedisServers
import Synchronization

/// Nodes as processes over loopback, over a Redis of their own.
package final class LocalCluster: ClusterUnderTest {
    /// How it is set up.
    package struct Options: Sendable {
        package var nodeCount = 3
        package var kind = LocalRedis.Kind.standalone
        package var redis = RedisServerOptions()
        package var secrets = ["the-first-secret-of-the-cluster-tests-0123456789"]
        /// Whether the store is one that no node has agreed on yet.
        package var beginsAnew = false
        /// Variables of every node.
        package var environment: [String: String] = [:]
        /// Variables of single nodes, by their numbers.
        package var nodeEnvironment: [Int: [String: String]] = [:]
        /// The nodes that lack a protection, and its name: see `WeakenedNode`.
        package var weakened: [Int: String] = [:]

        package init() {}
    }

    package let processes: [NodeProcess]
    package let redis: LocalRedis
    package let secrets: [String]
    package let operatorKey = "the-operator-key-of-the-cluster-tests"

    private let lastDisturbed = Mutex<[RedisServer]>([])

    private init(processes: [NodeProcess], redis: LocalRedis, secrets: [String]) {
        self.processes = processes
        self.redis = redis
        self.secrets = secrets
    }

    package var nodes: [NodeAddress] { processes.map(\.address) }

    /// Runs one for the time of a call. All nodes are ready at its beginning.
    package static func with<Result>(
        _ options: Options = Options(), _ body: (LocalCluster) async throws -> Result
    ) async throws -> Result {
        let cluster = try await start(options)
        do {
            let result = try await body(cluster)
            try await cluster.stop()
            return result
        } catch {
            let logs = cluster.processes.map(\.report)
            try? await cluster.stop()
            throw ClusterError("\(error)\n\(logs.joined(separator: "\n"))")
        }
    }

    /// Starts one, and returns when all nodes are ready.
    package static func start(_ options: Options = Options()) async throws -> LocalCluster {
        let redis = try await LocalRedis.start(options.kind, options: options.redis, nodes: options.nodeCount)
        do {
            if !options.beginsAnew { try await redis.declareSettled() }
            let processes = try (1...options.nodeCount).map { number in
                try NodeProcess(number: number, settings: settings(options, number, url: redis.url(forNode: number)))
            }
            let cluster = LocalCluster(processes: processes, redis: redis, secrets: options.secrets)
            do {
                for process in processes { try process.start() }
                try await cluster.waitUntilReady()
                return cluster
            } catch {
                let logs = processes.map(\.report)
                for process in processes { try? await process.kill() }
                throw ClusterError("\(error)\n\(logs.joined(separator: "\n"))")
            }
        } catch {
            try? await redis.stop()
            throw error
        }
    }

    private static func settings(_ options: Options, _ number: Int, url: String) -> NodeProcess.Settings {
        var settings = NodeProcess.Settings()
        settings.environment = [
            "TESSERA_STORE": url, "TESSERA_SECRETS": options.secrets.joined(separator: ","),
            "TESSERA_OPERATOR_KEY": "the-operator-key-of-the-cluster-tests", "TESSERA_SESSION_PER_USER": "1000",
            // So that sessions move on while something happens to the cluster.
            "TESSERA_SESSION_FRESH_WINDOW": "3s", "TESSERA_SESSION_GRACE": "3s",
        ].merging(options.environment) { $1 }.merging(options.nodeEnvironment[number] ?? [:]) { $1 }
        if let protection = options.weakened[number] {
            settings.program = "WeakenedNode"
            settings.environment["WEAKENED_WITHOUT"] = protection
        }
        return settings
    }

    /// Waits until these nodes are ready; all of them by default.
    package func waitUntilReady(_ numbers: [Int]? = nil, within limit: Duration = .seconds(30)) async throws {
        let client = try client(Recorder())
        for node in nodes where numbers?.contains(node.number) ?? true {
            try await eventually("node \(node.number) is ready", within: limit) { await client.isReady(node) }
        }
    }

    /// Ends everything.
    package func stop() async throws {
        for process in processes { try await process.kill() }
        try await redis.stop()
    }

    package func process(_ number: Int) -> NodeProcess { processes[number - 1] }

    package func cause(_ fault: Fault, node: Int) async throws {
        switch fault {
        case .killNode: try await process(node).kill()
        case .stopNode: try await process(node).stop()
        case .startNode: try process(node).start()
        case .cutNode: try await redis.proxy(ofNode: node).refuse()
        case .joinNode: try redis.proxy(ofNode: node).accept()
        case .pauseRedis: for server in try await disturbed(anew: true) { server.pause() }
        case .resumeRedis: for server in try await disturbed() { server.resume() }
        case .killRedis: for server in try await disturbed(anew: true) { try await server.kill() }
        case .restartRedis: for server in try await disturbed() { try await server.restart() }
        case .emptyRedis: for server in try await disturbed() { try await server.restartEmpty() }
        case .cutSubscriptions: for server in try await redis.primaries() { try await server.killClients("pubsub") }
        case .cutReplicas: for server in try await redis.replicas() { try await server.cutReplication() }
        case .joinReplicas: for server in try await redis.replicas() { try await server.restoreReplication() }
        case .failOver: try await failOver()
        }
    }

    /// The servers that a fault is about: those of the fault before, which it ends, or else the primaries.
    private func disturbed(anew: Bool = false) async throws -> [RedisServer] {
        let before = lastDisturbed.withLock { $0 }
        if !anew, !before.isEmpty { return before }
        let primaries = try await redis.primaries()
        lastDisturbed.withLock { $0 = primaries }
        return primaries
    }

    private func failOver() async throws {
        switch redis {
        case .standalone: throw ClusterError("one server cannot fail over")
        case .sentinel(let servers): _ = try await servers.killPrimary()
        case .cluster(let servers): _ = try await servers.killPrimary(ofSlot: 0)
        }
    }
}
