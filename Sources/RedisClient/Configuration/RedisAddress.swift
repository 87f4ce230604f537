/// Where a server listens.
package enum RedisAddress: Sendable, Hashable, CustomStringConvertible {
    /// A host's name or address, and a TCP port.
    case host(String, port: Int)
    /// The path of a Unix socket.
    case unixSocket(String)

    /// As in a URL: "127.0.0.1:6379", "[::1]:6379", "/run/redis.sock".
    package var description: String {
        switch self {
        case .host(let name, let port): name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)"
        case .unixSocket(let path): path
        }
    }
}
