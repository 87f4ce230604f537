import RESP
package import TesseraCore
package import TesseraRuntime

extension RedisSessionStore {
    package func block(_ revocation: Revocation) async throws(StoreError) {
        let arguments: [RedisArgument] =
            [.integer(clock.now().milliseconds), .integer(1)] + RevocationText(revocation).arguments + [.integer(0)]
        if let shard = shards.shard(of: revocation.fact) {
            _ = try await run(.block, on: shard, arguments)
        } else {
            _ = try await onEveryShard { shard throws(StoreError) in
                try await self.run(.block, on: shard, arguments)
            }
        }
    }

    package func revocations(at now: Timestamp) async throws(StoreError) -> [Revocation] {
        let lists = try await onEveryShard { shard throws(StoreError) in try await self.blocklist(of: shard, at: now) }
        var all = lists.flatMap(\.revocations)
        // Where a raise was interrupted, the shards differ: what was begun counts.
        let copies = lists.map(\.deployment)
        if let highest = copies.max(by: { $0.deployment.epoch < $1.deployment.epoch })?.revocation {
            all.append(highest)
        }
        return all
    }

    /// What a shard has of the blocklist.
    struct ShardBlocklist: Sendable {
        let revocations: [Revocation]
        let deployment: DeploymentCopy
    }

    /// Reads a shard's blocklist, page by page. What is added meanwhile may be in it or not.
    func blocklist(of shard: Int, at now: Timestamp) async throws(StoreError) -> ShardBlocklist {
        var revocations: [Revocation] = []
        var moment = RedisArgument.integer(now.milliseconds)
        while true {
            let reply = try await run(.blocklist, on: shard, [moment, .integer(Int64(options.pageSize))])
            guard let parts = reply.array, parts.count == 3, let next = parts[0].bytes, let page = parts[2].bytes
            else { throw .unexpected("blocklist") }
            revocations += try Revocation.list(in: page)
            let deployment = try DeploymentCopy(reply: parts[1])
            if next.isEmpty { return ShardBlocklist(revocations: revocations, deployment: deployment) }
            moment = .bytes(next)
        }
    }
}
