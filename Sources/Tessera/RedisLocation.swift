import RedisClient
import TesseraCore
import TesseraRedis

/// A Redis that holds the sessions of all nodes: one server, a primary found by Sentinels, or a Redis Cluster.
///
/// Its text names the server and leaves out the password.
public struct RedisLocation: Sendable, Hashable, CustomStringConvertible {
    /// What all keys and channels begin with: several deployments on one Redis have different ones.
    public var prefix: String
    /// How many shards users are spread over: a power of two, 4096 at most. It is written into the Redis by the first
    /// node, and cannot be changed afterwards.
    public var shards: Int
    /// Whether a node refuses to start where a check of the Redis gives a warning.
    public var isStrict: Bool

    /// How the client reaches it; holds the password.
    let client: RedisConfiguration

    /// Reads `redis://`, `rediss://`, `unix://`, `redis+sentinel://` and `redis+cluster://` URLs; `Docs/RedisClient.md`
    /// has their forms. Throws what is wrong, in words that do not quote the URL.
    public init(
        url: String, prefix: String = "tessera", shards: Int = 64, isStrict: Bool = false
    ) throws(ConfigurationError) {
        do {
            client = try RedisConfiguration(url: url)
        } catch {
            throw ConfigurationError(problems: ["store: \(error.message)"])
        }
        self.prefix = prefix
        self.shards = shards
        self.isStrict = isStrict
    }

    /// Whether a text is meant to be the URL of a Redis.
    package static func isMeant(by text: String) -> Bool {
        guard let scheme = text.firstRange(of: "://").map({ text[..<$0.lowerBound] }) else { return false }
        return ["redis", "rediss", "unix"].contains { scheme == $0 || scheme.hasPrefix("\($0)+") }
    }

    public var description: String { "\(client)" }

    /// What is wrong with the rest, in words.
    var problems: [String] {
        var problems: [String] = []
        let keys = Keyspace(prefix: prefix, shards: .single)
        if keys == nil { problems.append("redis.prefix may have 1 to 64 letters, digits, -, _, . and :") }
        if Shards(count: shards) == nil { problems.append("redis.shards must be a power of two from 1 to 4096") }
        return problems
    }

    /// The names of keys and channels; `nil` where there are `problems`.
    var keys: Keyspace? { Shards(count: shards).flatMap { Keyspace(prefix: prefix, shards: $0) } }
}
