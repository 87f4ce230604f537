/// A server, or several, that tests share which leave it as it was. Started when first asked for, ended with the process.
package actor SharedServer<Value: Sendable> {
    private let start: @Sendable () async throws -> Value
    private var starting: Task<Value, any Error>?

    /// Starts nothing yet.
    package init(_ start: @escaping @Sendable () async throws -> Value) { self.start = start }

    /// Started by the first who asks; all get the same.
    package var value: Value {
        get async throws {
            // A task of its own, because it belongs to all who ask and not to the first.
            let task = starting ?? Task { [start] in try await start() }
            starting = task
            return try await task.value
        }
    }
}

/// Servers for tests that disturb nothing. Each test uses keys and channels of its own.
package enum SharedServers {
    /// One server without a password.
    package static let standalone = SharedServer { try await RedisServer.start() }
    /// A Cluster.
    package static let cluster = SharedServer { try await RedisCluster.start() }
    /// A primary, its replicas and Sentinels.
    package static let sentinels = SharedServer { try await RedisSentinels.start() }
}
