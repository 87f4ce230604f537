import Logging
import RedisClient
import TesseraCore
import TesseraRedis
import TesseraRuntime
import TesseraSQLite

extension TesseraConfiguration {
    /// Opens the store that is configured.
    func openStore(logger: Logger) async throws -> OpenedStore {
        switch store {
        case .sqlite(let path): return Self.opened(try await SQLiteSessionStore.open(path))
        case .memory: return Self.opened(try await SQLiteSessionStore.inMemory())
        case .redis(let location): return try await open(location, logger)
        }
    }

    private static func opened(_ store: SQLiteSessionStore) -> OpenedStore {
        OpenedStore(store: store) { try await store.close() }
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
        // The connections end by themselves, after the node.
        return OpenedStore(
            store: store, cluster: OpenedStore.Cluster(node: node, bus: bus, connections: [client, waiting])
        ) {}
    }
}
