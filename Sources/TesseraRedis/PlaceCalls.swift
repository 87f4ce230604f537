import RESP
import RedisClient
import TesseraRuntime

/// Runs steps on a part of the Redis whose keys are in one slot: a shard, the directory, the attempts.
struct PlaceCalls: Sendable {
    let client: RedisClient

    /// - Parameter place: what all keys begin with that the script touches.
    func run(
        _ script: RedisScript, at place: String, _ arguments: [RedisArgument] = []
    ) async throws(StoreError) -> RedisReply {
        do {
            return try await client.evaluate(script, keys: [RedisKey(place)], arguments: arguments)
        } catch {
            throw StoreError(redis: error)
        }
    }
}
