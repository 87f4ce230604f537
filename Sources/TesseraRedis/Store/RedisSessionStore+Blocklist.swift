package import TesseraCore
package import TesseraRuntime

extension RedisSessionStore {
    @discardableResult
    package func block(_ revocation: Revocation) async throws(StoreError) -> Durability {
        await durability(of: try await enter(revocation))
    }

    /// Adds a revocation to the blocklist of its shard, or of all, and tells the nodes. Returns what was written.
    func enter(_ revocation: Revocation) async throws(StoreError) -> [ShardWrite] {
        let touched = shards.shard(of: revocation.fact).map { [$0] } ?? Array(shards.all)
        let writes = try await calls.onEvery(of: touched) { shard throws(StoreError) in
            let message = self.announcement([revocation], of: revocation.fact.user, on: shard)
            return ShardWrite(
                shard,
                try await self.calls.block([revocation], on: shard, now: self.clock.now(), message: message))
        }
        accepted.take([revocation])
        return writes
    }

    package func revocations(at now: Timestamp) async throws(StoreError) -> [Revocation] {
        let lists = try await onEveryShard { shard throws(StoreError) in
            try await self.calls.blocklist(of: shard, at: now, pageSize: self.options.pageSize)
        }
        var all = lists.flatMap(\.revocations)
        // Where a raise was interrupted, the shards differ: what was begun counts.
        let copies = lists.map(\.deployment)
        if let highest = copies.max(by: { $0.deployment.epoch < $1.deployment.epoch })?.revocation {
            all.append(highest)
        }
        return all
    }
}

extension EndedFact {
    /// Whose record it changes; `nil` where that is not known, or everybody's.
    fileprivate var user: UserID? {
        switch self {
        case .user(let user, below: _): user
        case .token, .session, .generations, .everybody: nil
        }
    }
}
