package import Logging
import RedisClient
package import ServiceLifecycle
package import TesseraCore
import TesseraRedis
package import TesseraRuntime
import TesseraSQLite

/// A store as a node uses it, with what belongs to it and what else lives in it.
package struct OpenedStore: Sendable {
    package var store: any SessionStore
    /// How users are spread.
    let shards: Shards
    /// What connects the node with the others; `nil` where it is the only one.
    package var cluster: Cluster?
    /// `nil` where there is no directory.
    let directory: (any UserDirectory)?
    /// `nil` where attempts are not limited.
    let attempts: (any AttemptStore)?
    /// `nil` where nothing is delivered.
    let outbox: (any Outbox)?
    /// `nil` where nothing is kept for some minutes.
    let secrets: (any ShortLivedSecrets)?
    /// `nil` where nothing is kept of providers' sessions.
    let providerSessions: (any ProviderSessions)?
    /// Closes the store, after the node has stopped.
    let close: @Sendable () async throws -> Void

    /// What is left out is not there; a store that is not closed here is its owner's to close.
    package init(
        store: any SessionStore, shards: Shards = .single, cluster: Cluster? = nil,
        directory: (any UserDirectory)? = nil, attempts: (any AttemptStore)? = nil, outbox: (any Outbox)? = nil,
        secrets: (any ShortLivedSecrets)? = nil, providerSessions: (any ProviderSessions)? = nil,
        close: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.store = store
        self.shards = shards
        self.cluster = cluster
        self.directory = directory
        self.attempts = attempts
        self.outbox = outbox
        self.secrets = secrets
        self.providerSessions = providerSessions
        self.close = close
    }

    /// A node's part in a cluster.
    package struct Cluster: Sendable {
        /// The name that this node has for the store.
        let node: NodeID
        package var bus: any ClusterBus
        /// Have to run for store and bus to work, and stop after the node.
        let connections: [any Service]
        /// What has to reach the node's mirror at once.
        let accepted: AcceptedRevocations

        package init(
            node: NodeID, bus: any ClusterBus, connections: [any Service] = [],
            accepted: AcceptedRevocations = AcceptedRevocations()
        ) {
            self.accepted = accepted
            self.node = node
            self.bus = bus
            self.connections = connections
        }
    }
}

extension TesseraConfiguration {
    /// Opens the store that is configured.
    package func openStore(logger: Logger) async throws -> OpenedStore {
        switch store {
        case .sqlite(let path): opened(try await SQLiteSessionStore.open(path))
        case .memory: opened(try await SQLiteSessionStore.inMemory())
        case .redis(let location): try await open(location, logger)
        }
    }

    private func opened(_ store: SQLiteSessionStore) -> OpenedStore {
        let tables = SQLiteDirectory(store: store)
        return OpenedStore(
            store: store, directory: directory == .store ? tables : nil, attempts: tables,
            outbox: SQLiteOutbox(store: store), secrets: SQLiteSecrets(store: store),
            providerSessions: SQLiteProviderSessions(store: store)
        ) { try await store.close() }
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
        let accepted = AcceptedRevocations()
        let store = RedisSessionStore(
            client: client, waiting: waiting, keys: keys, node: node, clock: clock, accepted: accepted)
        let bus = RedisClusterBus(client: client, keys: keys, node: node, clock: clock, logger: logger)
        logger.notice("joining the cluster", metadata: ["node": "\(node)", "store": "\(location)"])
        return OpenedStore(
            store: store, shards: keys.shards,
            cluster: OpenedStore.Cluster(
                node: node, bus: bus, connections: [client, waiting], accepted: accepted),
            directory: directory == .store ? RedisDirectory(client: client, waiting: waiting, keys: keys) : nil,
            attempts: RedisAttempts(client: client, keys: keys), outbox: RedisOutbox(client: client, keys: keys),
            secrets: RedisSecrets(client: client, keys: keys),
            providerSessions: RedisProviderSessions(client: client, keys: keys))
    }
}
