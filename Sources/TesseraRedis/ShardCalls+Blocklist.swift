import RESP
import RedisClient
import TesseraCore
import TesseraRuntime

/// What a shard has of the blocklist.
struct ShardBlocklist: Sendable {
    var revocations: [Revocation] = []
    var deployment: DeploymentCopy
    /// In which replication it was last declared settled when the reading began.
    let settledIn: ReplicationID?
}

extension ShardCalls {
    /// Reads a shard's blocklist, page by page. What is added meanwhile may be in it or not.
    ///
    /// - Parameter replication: the one that the primary has to be in; any where it is `nil`.
    func blocklist(
        of shard: Int, at now: Timestamp, pageSize: Int, in replication: ReplicationID? = nil
    ) async throws(StoreError) -> ShardBlocklist {
        var list: ShardBlocklist?
        var moment = RedisArgument.integer(now.milliseconds)
        while true {
            let reply = try await run(
                .blocklist, on: shard,
                [moment, .integer(Int64(pageSize)), .string(replication?.text ?? "")])
            guard let parts = reply.array, parts.count == 4, let next = parts[0].bytes, let page = parts[3].bytes
            else { throw .unexpected("blocklist") }
            let deployment = try DeploymentCopy(reply: parts[1])
            var reading =
                list ?? ShardBlocklist(deployment: deployment, settledIn: parts[2].string.map { ReplicationID($0) })
            reading.deployment = deployment
            reading.revocations += try Revocation.list(in: page[...])
            if next.isEmpty { return reading }
            list = reading
            moment = .bytes(next)
        }
    }

    /// Adds revocations to a shard's blocklist, ends what they name, and publishes a message. Returns in which history.
    @discardableResult
    func block(
        _ revocations: [Revocation], on shard: Int, now: Timestamp, message: Announcement,
        in replication: ReplicationID? = nil
    ) async throws(StoreError) -> RedisReply {
        var arguments: [RedisArgument] = [
            .string(replication?.text ?? ""), .integer(now.milliseconds), .integer(Int64(revocations.count)),
        ]
        for revocation in revocations { arguments += RevocationText(revocation).arguments }
        return try await run(.block, on: shard, arguments + message.alone)
    }

    /// Which shards are on which primary now, by the primary's id.
    func shardsByPrimary() async throws(StoreError) -> [String: [Int]] {
        var shards: [String: [Int]] = [:]
        for shard in keys.shards.all {
            do {
                shards[try await client.primary(for: RedisKey(keys.shard(shard))).id, default: []].append(shard)
            } catch {
                throw StoreError(redis: error)
            }
        }
        return shards
    }
}
