extension RedisServer {
    /// What a URL of this server's options has before the host: the first user, or else the password.
    package var userInformation: String {
        if let user = options.users.first { return "\(user.name):\(user.password)@" }
        return options.password.map { ":\($0)@" } ?? ""
    }

    /// The URL for the first user of the options, or else for `default`.
    package var url: String {
        "\(scheme)://\(userInformation)127.0.0.1:\(port)/0"
    }

    /// What a URL begins with: whether this server speaks TLS.
    package var scheme: String { options.certificate == nil ? "redis" : "rediss" }

    /// The path of its Unix socket.
    package var socketPath: String { folder + "/socket" }
}

extension RedisSentinels {
    /// The URL of the primary by its Sentinels.
    package var url: String {
        let hosts = sentinels.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
        return "\(servers[0].scheme)+sentinel://\(servers[0].userInformation)\(hosts)/\(Self.name)"
    }
}

extension RedisCluster {
    /// The URL of the Cluster by its first members.
    package var url: String {
        let hosts = nodes.prefix(3).map { "127.0.0.1:\($0.server.port)" }.joined(separator: ",")
        return "\(nodes[0].server.scheme)+cluster://\(nodes[0].server.userInformation)\(hosts)"
    }
}
