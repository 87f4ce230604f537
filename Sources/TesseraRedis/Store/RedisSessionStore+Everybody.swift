import RESP
package import TesseraCore
package import TesseraRuntime

extension RedisSessionStore {
    /// Raises the deployment's epoch on every shard, each of which has a copy, and then clears the sessions away.
    ///
    /// Once the first shard has it, the mirrors learn of it, and every token that carries a lower epoch is ended. Where
    /// it is interrupted, some shards have the new epoch and some the old one: calling again raises all to one more, and
    /// a sweep raises those that lag. A sign-in that slips in between on the old epoch is ended with the others.
    /// Sessions that are not cleared away within `sweepLimit` are dead all the same, and go at their own limits.
    package func revokeEverybody(
        at now: Timestamp, reason: EndReason
    ) async throws(StoreError) -> EverybodyRevocation {
        let before = try await onEveryShard { shard throws(StoreError) in try await self.deployment(of: shard) }
        let epoch = (before.map(\.deployment.epoch).max() ?? .initial).next
        let after = try await onEveryShard { shard throws(StoreError) in
            try await self.raiseDeployment(on: shard, to: epoch, at: now, reason: reason)
        }
        accepted.take([Revocation(fact: .everybody(below: epoch), expires: .distantFuture, reason: reason)])
        let end = ContinuousClock.now + options.sweepLimit
        _ = try await onEveryShard { shard throws(StoreError) in
            try await self.clearAway(below: epoch, on: shard, at: now, reason: reason, until: end)
        }
        let raisedAt = after.compactMap(\.deployment.raisedAt).max() ?? now
        return EverybodyRevocation(
            deployment: UserRecord.Deployment(epoch: epoch, raisedAt: raisedAt),
            durability: await durability(of: shards.all.map { ShardWrite($0, history: nil) }))
    }

    /// The deployment's epoch as a shard has it.
    func deployment(of shard: Int) async throws(StoreError) -> DeploymentCopy {
        // Raising to the epoch that everybody starts with changes nothing.
        try await raiseDeployment(
            on: shard, to: .initial, at: Timestamp(milliseconds: 0), reason: .revokedByOperator)
    }

    /// Raises a shard's copy of the deployment's epoch to at least this one.
    func raiseDeployment(
        on shard: Int, to epoch: Epoch, at moment: Timestamp, reason: EndReason
    ) async throws(StoreError) -> DeploymentCopy {
        let fact = Revocation(fact: .everybody(below: epoch), expires: .distantFuture, reason: reason)
        let reply = try await run(
            .raise, on: shard,
            [.integer(Int64(epoch.number)), .integer(moment.milliseconds), .string(reason.rawValue)]
                + announcement([fact], of: nil, on: shard).alone)
        return try DeploymentCopy(reply: reply)
    }

    private func clearAway(
        below epoch: Epoch, on shard: Int, at now: Timestamp, reason: EndReason, until end: ContinuousClock.Instant
    ) async throws(StoreError) {
        for bucket in try await buckets(of: shard) {
            let found = try await due(on: shard, at: .distantFuture, bucket: bucket)
            let dead = found.sessions.filter { $0.record.deploymentEpoch < epoch }
            _ = try await settle(dead.map { $0.ended(at: now) }, on: shard, reason: reason)
            if ContinuousClock.now >= end { return }
        }
    }
}
