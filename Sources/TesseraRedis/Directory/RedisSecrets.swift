import RESP
package import RedisClient
package import TesseraCore
package import TesseraRuntime

/// What is kept for some minutes, in Redis: one key each, wherever that is, which Redis lets go by itself.
package struct RedisSecrets: ShortLivedSecrets {
    private let client: RedisClient
    private let keys: Keyspace

    package init(client: RedisClient, keys: Keyspace) {
        self.client = client
        self.keys = keys
    }

    private func execute(_ name: String, _ key: String, _ rest: RedisArgument...) async throws(StoreError) -> RedisReply
    {
        do {
            return try await client.execute(
                RedisCommand(name, arguments: [.string(key)] + rest), key: RedisKey(key))
        } catch {
            throw StoreError(redis: error)
        }
    }

    package func keep(
        _ secret: [UInt8], as name: String, until end: Timestamp, at now: Timestamp
    ) async throws(StoreError) {
        let lifetime = max((end - now).milliseconds, 1)
        _ = try await execute("SET", keys.secret(name), .bytes(secret), "PX", .integer(lifetime))
    }

    package func take(_ name: String, at now: Timestamp) async throws(StoreError) -> [UInt8]? {
        try await execute("GETDEL", keys.secret(name)).bytes
    }

    /// Redis does it.
    package func sweepSecrets(at now: Timestamp) async throws(StoreError) -> Int { 0 }
}
