package import ServiceLifecycle
package import TesseraRuntime

/// A store that is open, and what goes with it.
package struct OpenedStore: Sendable {
    /// What connects the nodes of a store.
    package struct Cluster: Sendable {
        /// The name that this node has for the store.
        package let node: NodeID
        package let bus: any ClusterBus
        /// What has to run for store and bus to work, and stops after the node.
        package let connections: [any Service]

        package init(node: NodeID, bus: any ClusterBus, connections: [any Service] = []) {
            self.node = node
            self.bus = bus
            self.connections = connections
        }
    }

    package let store: any SessionStore
    /// `nil` for a store of one node.
    package let cluster: Cluster?
    /// Closes the store, when nothing is asked of it any more.
    package let close: @Sendable () async throws -> Void

    package init(store: any SessionStore, cluster: Cluster? = nil, close: @escaping @Sendable () async throws -> Void) {
        self.store = store
        self.cluster = cluster
        self.close = close
    }
}
