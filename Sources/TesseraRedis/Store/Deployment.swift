import RESP
package import RedisClient
import TesseraCore
package import TesseraRuntime

/// What holds for all nodes on one Redis, and is written there by the first of them.
package enum RedisDeployment {
    /// The version of the layout of keys.
    static let schema = 1

    /// Writes what this node would have it be, or compares: a node that spreads users otherwise would look for them
    /// where they are not.
    ///
    /// Throws `store_damaged` where it may not use this Redis.
    package static func join(client: RedisClient, keys: Keyspace) async throws(StoreError) {
        let reply: RedisReply
        do {
            reply = try await client.evaluate(
                Step.meta.script, keys: [RedisKey(keys.meta)],
                arguments: [.integer(Int64(schema)), .integer(Int64(keys.shards.count))])
        } catch {
            throw StoreError(redis: error)
        }
        guard let held = reply.array?.compactMap(\.int), held.count == 2 else { throw .unexpected("meta") }
        guard held[0] == schema else {
            throw StoreError(
                .damaged,
                "this Redis was set up by another version of Tessera (schema \(held[0]); this one knows \(schema))")
        }
        guard held[1] == keys.shards.count else {
            throw StoreError(
                .damaged,
                """
                this Redis was set up with \(held[1]) shards, and this node is configured with \(keys.shards.count); \
                the number cannot be changed
                """)
        }
    }
}
