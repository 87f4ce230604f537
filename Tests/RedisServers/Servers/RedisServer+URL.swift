extension RedisServer {
    /// What a URL of this server's options has before the host: the first user, or else the password.
    package var userInformation: String {
        if let user = options.users.first { return "\(user.name):\(user.password)@" }
        return options.password.map { ":\($0)@" } ?? ""
    }

    /// The URL for the first user of the options, or else for `default`.
    package var url: String {
        "\(options.certificate == nil ? "redis" : "rediss")://\(userInformation)127.0.0.1:\(port)/0"
    }

    /// The path of its Unix socket.
    package var socketPath: String { folder + "/socket" }
}
