import Logging
import TesseraCore

extension MirrorKeeper {
    /// Reads the blocklist and writes back what only this node knows. Some shards at a time, so that neither the primary
    /// nor this node waits for the other. Returns in which replications they were last settled.
    func unite(_ link: BusLink) async throws(StoreError) -> Set<ReplicationID?> {
        let results = await withTaskGroup(of: Result<ReplicationID?, StoreError>.self) { group in
            var results: [Result<ReplicationID?, StoreError>] = []
            var waiting = link.shards.makeIterator()
            for _ in 0..<settings.unionsAtOnce {
                guard let shard = waiting.next() else { break }
                group.addTask { await self.result(ofUniting: shard, link) }
            }
            var hasFailed = false
            for await result in group {
                results.append(result)
                if case .failure = result { hasFailed = true }
                guard !hasFailed, let shard = waiting.next() else { continue }
                group.addTask { await self.result(ofUniting: shard, link) }
            }
            return results
        }
        var settledIn: Set<ReplicationID?> = []
        for result in results { settledIn.insert(try result.get()) }
        return settledIn
    }

    private func result(ofUniting shard: Int, _ link: BusLink) async -> Result<ReplicationID?, StoreError> {
        do throws(StoreError) {
            return .success(try await unite(shard, link))
        } catch {
            return .failure(error)
        }
    }

    private func unite(_ shard: Int, _ link: BusLink) async throws(StoreError) -> ReplicationID? {
        let now = clock.now()
        let reading = try await bus.blocklist(of: shard, at: now, on: link)
        // Before the reading is entered: what comes over the bus meanwhile, the primary has.
        let missing = mirror.revocations(missingFrom: reading.revocations, shard: shard, at: now)
        if !settings.missing.contains(.reading) { mirror.insert(reading.revocations, shard: shard) }
        guard !missing.isEmpty, !settings.missing.contains(.writingBack) else { return reading.settledIn }
        try await bus.writeBack(missing, of: shard, on: link)
        logger.notice("revocations written back", metadata: ["count": "\(missing.count)", "shard": "\(shard)"])
        return reading.settledIn
    }
}
