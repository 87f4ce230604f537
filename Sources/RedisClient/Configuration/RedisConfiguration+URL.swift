extension RedisConfiguration {
    /// What a URL says (`Docs/RedisClient.md` lists the forms), and defaults for all else. The error does not quote
    /// the URL.
    package init(url: String) throws(RedisError) {
        let url = try RedisURL(url)
        let parts = url.path.split(separator: "/", omittingEmptySubsequences: true)
        var database: Substring?
        switch url.scheme {
        case "redis", "rediss":
            let addresses = try url.addresses(defaultPort: 6379)
            guard addresses.count == 1, parts.count <= 1 else { throw RedisURL.invalid("one host and one database") }
            self.init(.standalone(addresses[0]))
            database = parts.first
        case "unix":
            guard url.authority.isEmpty, !parts.isEmpty else { throw RedisURL.invalid("no path of a socket") }
            self.init(.standalone(.unixSocket(try RedisURL.decode(url.path))))
        case "redis+sentinel", "rediss+sentinel":
            guard (1...2).contains(parts.count) else { throw RedisURL.invalid("no name of a primary") }
            let sentinels = try url.addresses(defaultPort: 26379)
            self.init(.sentinel(sentinels: sentinels, primaryName: try RedisURL.decode(parts[0])))
            database = parts.dropFirst().first
        case "redis+cluster", "rediss+cluster":
            guard parts.isEmpty else { throw RedisURL.invalid("a cluster has database 0 only") }
            self.init(.cluster(seeds: try url.addresses(defaultPort: 6379)))
        default:
            throw RedisURL.invalid("not a scheme for Redis")
        }
        credentials = url.credentials
        if url.scheme.hasPrefix("rediss") { tls = RedisTLS() }
        if let database { self.database = try Self.number(String(database)) }
        for setting in url.settings { try apply(setting.name, setting.value) }
        try check()
    }

    private mutating func apply(_ name: String, _ value: String) throws(RedisError) {
        switch name {
        case "database": database = try Self.number(value)
        case "client_name": clientName = value
        case "connections": connectionCount = try Self.number(value)
        case "command_timeout": commandTimeout = try Self.duration(value)
        case "connect_timeout": connectTimeout = try Self.duration(value)
        case "queue_limit": queueLimit = try Self.number(value)
        case "sentinel_user": setSentinel(user: value, password: nil)
        case "sentinel_password": setSentinel(user: nil, password: value)
        case "tls_ca", "tls_cert", "tls_key", "tls_server_name", "tls_check_name":
            guard var tls else { throw RedisURL.invalid("a setting of TLS without TLS") }
            try Self.apply(name, value, to: &tls)
            self.tls = tls
        default: throw RedisURL.invalid("a setting that is not known")
        }
    }

    private mutating func setSentinel(user: String?, password: String?) {
        let known = sentinelCredentials
        sentinelCredentials = RedisCredentials(
            user: user ?? known?.user, password: password ?? known?.password ?? "")
    }

    private static func apply(_ name: String, _ value: String, to tls: inout RedisTLS) throws(RedisError) {
        let known = tls.clientCertificate
        switch name {
        case "tls_ca": tls.roots = .file(value)
        case "tls_cert":
            tls.clientCertificate = .init(certificateChain: value, privateKey: known?.privateKey ?? value)
        case "tls_key":
            tls.clientCertificate = .init(certificateChain: known?.certificateChain ?? value, privateKey: value)
        case "tls_server_name": tls.serverName = value
        default:
            guard let checks = Bool(value) else { throw RedisURL.invalid("true or false is meant") }
            tls.checksServerName = checks
        }
    }

    private static func number(_ text: String) throws(RedisError) -> Int {
        guard let number = Int(text), number >= 0 else { throw RedisURL.invalid("a number is meant") }
        return number
    }

    /// "500ms" or "2s".
    private static func duration(_ text: String) throws(RedisError) -> Duration {
        if text.hasSuffix("ms"), let number = Int(text.dropLast(2)), number > 0 { return .milliseconds(number) }
        if text.hasSuffix("s"), let number = Int(text.dropLast()), number > 0 { return .seconds(number) }
        throw RedisURL.invalid("a time is meant: 500ms, 2s")
    }
}
