package import RESP

/// Where the servers are and how to use them. Prints without secrets.
package struct RedisConfiguration: Sendable, Hashable {
    /// How the server for a command is found.
    package enum Deployment: Sendable, Hashable {
        /// One server.
        case standalone(RedisAddress)
        /// The primary that these Sentinels name.
        case sentinel(sentinels: [RedisAddress], primaryName: String)
        /// A cluster, of which these servers are asked first.
        case cluster(seeds: [RedisAddress])

        /// Whether others say who is a primary, and so may be wrong. One server is used as what it is.
        var namesPrimaries: Bool {
            switch self {
            case .standalone: false
            case .sentinel, .cluster: true
            }
        }
    }

    /// How the server for a command is found.
    package var deployment: Deployment
    /// For the servers that keep the data.
    package var credentials: RedisCredentials?
    /// For the Sentinels, where they want some.
    package var sentinelCredentials: RedisCredentials?
    /// The database; always 0 in a cluster.
    package var database = 0
    /// What the connections call themselves (`CLIENT SETNAME`): no spaces.
    package var clientName: String?
    /// `nil` is plain text.
    package var tls: RedisTLS?
    /// How many connections commands share, for each server.
    package var connectionCount = 2
    /// How long a command may take, unless it says otherwise. A server that answers nothing at all for so long loses
    /// its connection.
    package var commandTimeout: Duration = .seconds(1)
    /// How long making a connection may take: TCP, TLS and the handshake together.
    package var connectTimeout: Duration = .seconds(2)
    /// How many commands may wait on a connection for their answers; one more fails with `redis_queue_full`.
    package var queueLimit = 10_000
    /// How many bytes of commands may wait so.
    package var queueByteLimit = 64 << 20
    /// How long to wait before connecting again.
    package var backoff = Backoff()
    /// After how long a silence a subscribed connection asks whether the server is there.
    package var keepAliveInterval: Duration = .seconds(2)
    /// How long a stopping client waits for answers.
    package var drainTimeout: Duration = .seconds(5)
    /// What a server may make the client hold in memory.
    package var replyLimits = ReplyLimits()

    /// A deployment, and defaults for all else.
    package init(_ deployment: Deployment) {
        self.deployment = deployment
    }

    /// The same for connections to Sentinels.
    var forSentinels: RedisConfiguration {
        var configuration = self
        configuration.credentials = sentinelCredentials
        configuration.database = 0
        configuration.clientName = nil
        return configuration
    }

    /// Refuses what cannot work.
    package func check() throws(RedisError) {
        func require(_ condition: Bool, _ message: String) throws(RedisError) {
            if !condition { throw RedisError(.configurationInvalid, message) }
        }
        try require(connectionCount > 0, "at least one connection is needed")
        try require(queueLimit > 0 && queueByteLimit > 0, "the limits of the queue are above zero")
        try require(commandTimeout > .zero && connectTimeout > .zero, "timeouts are above zero")
        try require(database >= 0, "the database is a number from 0")
        let name = clientName ?? "-"
        try require(
            !name.isEmpty && name.utf8.allSatisfy { (33...126).contains($0) }, "the client's name has no spaces")
        let serverName = tls?.serverName ?? "-"
        try require(
            !serverName.isEmpty && !RedisTLS.isAddress(serverName), "the server's name for TLS is no IP address")
        switch deployment {
        case .standalone: break
        case .sentinel(let sentinels, let primaryName):
            try require(!sentinels.isEmpty && !primaryName.isEmpty, "Sentinels and the primary's name are needed")
        case .cluster(let seeds):
            try require(!seeds.isEmpty, "a server of the cluster is needed")
            try require(database == 0, "a cluster has database 0 only")
        }
    }
}

extension RedisConfiguration: CustomStringConvertible {
    /// Addresses and the database, no credentials.
    package var description: String {
        let secure = tls == nil ? "" : " with TLS"
        func list(_ addresses: [RedisAddress]) -> String { addresses.map(\.description).joined(separator: ",") }
        return switch deployment {
        case .standalone(let address): "\(address)/\(database)\(secure)"
        case .sentinel(let sentinels, let name): "\(name)/\(database) by Sentinels \(list(sentinels))\(secure)"
        case .cluster(let seeds): "cluster of \(list(seeds))\(secure)"
        }
    }
}
