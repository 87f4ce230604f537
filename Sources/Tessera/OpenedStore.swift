import Logging
import RedisClient
package import ServiceLifecycle
import TesseraCore
import TesseraRedis
package import TesseraRuntime
import TesseraSQLite

/// A store as a node uses it, with what belongs to it.
package struct OpenedStore: Sendable {
    let store: any SessionStore
    /// How users are spread.
    var shards = Shards.single
    /// What connects the node with the others; `nil` where it is the only one.
    var cluster: Cluster?
    /// Closes the store, after the node has stopped.
    var close: @Sendable () async throws -> Void = {}

    /// A node's part in a cluster.
    package struct Cluster: Sendable {
        /// The name that this node has for the store.
        let node: NodeID
        let bus: any ClusterBus
        /// Have to run for store and bus to work, and stop after the node.
        let connections: [any Service]

        package init(node: NodeID, bus: any ClusterBus, connections: [any Service] = []) {
            self.node = node
            self.bus = bus
            self.connections = connections
        }
    }
}

extension TesseraConfiguration {
    /// Opens the store that is configured.
    func openStore(logger: Logger) async throws -> OpenedStore {
        switch store {
        case .sqlite(let path):
            let file = try await SQLiteSessionStore.open(path)
            return OpenedStore(store: file) { try await file.close() }
        case .memory:
            let memory = try await SQLiteSessionStore.inMemory()
            return OpenedStore(store: memory) { try await memory.close() }
        case .redis(let location):
            return try await open(location, logger)
        }
    }

    private func open(_ location: RedisLocation, _ logger: Logger) async throws -> OpenedStore {
        let keys = try location.checkedKeys()
        for warning in try await location.admit(keys, clock: clock) {
            logger.warning("check the store", metadata: ["warning": "\(warning)"])
        }
        let node = NodeID(random: random)
        var settings = location.client
        settings.clientName = settings.clientName ?? "tessera-\(node)"
        let client = RedisClient(settings, logger: logger)
        settings.connectionCount = 1
        let waiting = RedisClient(settings, logger: logger)
        let store = RedisSessionStore(client: client, waiting: waiting, keys: keys, node: node, clock: clock)
        let bus = RedisClusterBus(client: client, keys: keys, node: node, clock: clock, logger: logger)
        logger.notice("joining the cluster", metadata: ["node": "\(node)", "store": "\(location)"])
        return OpenedStore(
            store: store, shards: keys.shards,
            cluster: OpenedStore.Cluster(node: node, bus: bus, connections: [client, waiting]))
    }
}
