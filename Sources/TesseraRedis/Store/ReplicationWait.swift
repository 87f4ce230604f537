import RESP
import RedisClient
import TesseraCore
import TesseraRuntime

/// Says how safe a write is: waits a little for a replica to have it, where there is one (`WAIT`).
struct ReplicationWait: Sendable {
    let client: RedisClient
    let keys: Keyspace
    let limit: Duration

    /// Whether what was just written to these shards is on a replica of each, too. What cannot be told is not.
    func durability(of shards: some Collection<Int>) async -> Durability {
        guard limit > .zero else { return .primary }
        do {
            // One question to each primary; shards of one are as safe as each other.
            var asked: Set<String> = []
            for shard in shards {
                let key = RedisKey(keys.shard(shard))
                guard asked.insert(try await client.primary(for: key).id).inserted else { continue }
                guard try await isReplicated(key, of: shard) else { return .primary }
            }
            return .replicated
        } catch {
            return .primary
        }
    }

    private func isReplicated(_ key: RedisKey, of shard: Int) async throws(RedisError) -> Bool {
        guard Self.hasReplica(try await client.execute(RedisCommand("ROLE"), key: key)) else { return false }
        // WAIT is about the last write of its own connection, so there is one; it comes after the one in question.
        let replies = try await client.execute(
            batch: [
                RedisCommand("SET", "\(keys.shard(shard)):ping", "1", "EX", 60),
                RedisCommand("WAIT", 1, limit.milliseconds),
            ], key: key)
        return (replies.last?.int ?? 0) > 0
    }

    /// `ROLE` of a primary: its name, its offset, and its replicas.
    private static func hasReplica(_ role: RedisReply) -> Bool {
        guard let parts = role.array, parts.count == 3, parts[0].string == "master" else { return false }
        return parts[2].array?.isEmpty == false
    }
}
