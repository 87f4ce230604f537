import RESP
package import TesseraCore
package import TesseraRuntime

extension RedisSessionStore {
    /// In small steps, shard by shard; several nodes may sweep at once. Stops at `sweepLimit`; the next sweep goes on.
    package func sweep(at now: Timestamp) async throws(StoreError) -> SweepResult {
        let end = ContinuousClock.now + options.sweepLimit
        let results = try await onEveryShard { shard throws(StoreError) in
            try await self.sweep(shard, at: now, until: end)
        }
        try await alignDeployment()
        return SweepResult(
            sessions: results.reduce(0) { $0 + $1.sessions }, revocations: results.reduce(0) { $0 + $1.revocations })
    }

    private func sweep(
        _ shard: Int, at now: Timestamp, until end: ContinuousClock.Instant
    ) async throws(StoreError) -> SweepResult {
        var sessions = 0
        var revocations = 0
        var isDone = false
        repeat {
            let found = try await due(on: shard, at: now)
            let verdicts = found.sessions.map { $0.record.isExpired(at: now) ? $0.ended(at: now) : $0.kept }
            sessions += try await settle(verdicts, on: shard, reason: .expired)
            isDone = found.buckets == 0
        } while !isDone && ContinuousClock.now < end
        repeat {
            let step = try await trim(shard, at: now)
            revocations += step.entries
            isDone = max(step.entries, step.users) < Self.trimmedPerStep
        } while !isDone && ContinuousClock.now < end
        return SweepResult(sessions: sessions, revocations: revocations)
    }

    /// Completes what an interrupted raise of the deployment's epoch has left.
    private func alignDeployment() async throws(StoreError) {
        let copies = try await onEveryShard { shard throws(StoreError) in try await self.deployment(of: shard) }
        guard let highest = copies.max(by: { $0.deployment.epoch < $1.deployment.epoch }),
            let raisedAt = highest.deployment.raisedAt, let reason = highest.reason
        else { return }
        for (shard, copy) in zip(shards.all, copies) where copy.deployment.epoch < highest.deployment.epoch {
            _ = try await raiseDeployment(on: shard, to: highest.deployment.epoch, at: raisedAt, reason: reason)
        }
    }

    // MARK: Steps

    /// A session that may have reached its limit, as it was read.
    struct DueSession: Sendable {
        let user: RedisReply
        let packed: RedisReply
        let use: RedisReply
        let record: SessionRecord

        /// What `settle.lua` takes for ending it: an adopted one's end is remembered.
        func ended(at now: Timestamp) -> [RedisArgument] {
            let until = record.blockedUntil.flatMap { $0 > now ? $0 : nil }
            return arguments("end", until.map { .integer($0.milliseconds) } ?? .string(""))
        }

        /// What `settle.lua` takes for leaving it until it may reach its limit.
        var kept: [RedisArgument] { arguments("keep", .integer(record.limit.milliseconds)) }

        private func arguments(_ verdict: String, _ moment: RedisArgument) -> [RedisArgument] {
            [
                .string("\(record.id)"), .bytes(user.bytes ?? []), .bytes(packed.bytes ?? []), .bytes(use.bytes ?? []),
                .string(verdict), moment,
            ]
        }
    }

    /// Finds the sessions of a bucket, or of a few buckets in which some are due.
    func due(
        on shard: Int, at now: Timestamp, bucket: RedisArgument? = nil
    ) async throws(StoreError) -> (sessions: [DueSession], buckets: Int) {
        let reply = try await run(
            .due, on: shard, [.integer(now.milliseconds), .integer(4)] + (bucket.map { [$0] } ?? []))
        guard let parts = reply.array, parts.count == 2, let found = parts[0].array, let buckets = parts[1].int else {
            throw .unexpected("due")
        }
        var sessions: [DueSession] = []
        for entry in found {
            guard let fields = entry.array, fields.count == 4, let sid = fields[0].string else {
                throw .unexpected("due")
            }
            let record = try SessionRecord(sid: sid, packed: fields[2].bytes ?? [], use: fields[3].bytes ?? [])
            sessions.append(DueSession(user: fields[1], packed: fields[2], use: fields[3], record: record))
        }
        return (sessions, buckets)
    }

    /// Writes verdicts on sessions. Returns how many were ended.
    func settle(
        _ verdicts: [[RedisArgument]], on shard: Int, reason: EndReason
    ) async throws(StoreError) -> Int {
        var ended = 0
        for start in stride(from: 0, to: verdicts.count, by: 200) {
            let part = verdicts[start..<min(start + 200, verdicts.count)]
            let reply = try await run(.settle, on: shard, [.string(reason.rawValue)] + part.flatMap { $0 })
            guard let count = reply.int else { throw .unexpected("settle") }
            ended += count
        }
        return ended
    }

    private static let trimmedPerStep = 256

    /// How long a raised epoch is remembered for a user without sessions: longer than a browser keeps any cookie
    /// (400 days, RFC 6265bis, section 5.5), so that no NextAuth.js token from before it can come back.
    private static let epochRetention = Duration.days(400)

    private func trim(_ shard: Int, at now: Timestamp) async throws(StoreError) -> (entries: Int, users: Int) {
        let forgotten = now - Self.epochRetention
        let reply = try await run(
            .trim, on: shard,
            [
                .integer(now.milliseconds), .integer(forgotten.milliseconds),
                .integer((forgotten + .hours(1)).milliseconds), .integer(Int64(Self.trimmedPerStep)),
            ])
        guard let counts = reply.array?.compactMap(\.int), counts.count == 2 else { throw .unexpected("trim") }
        return (counts[0], counts[1])
    }

    /// The buckets of a shard in which there are sessions.
    func buckets(of shard: Int) async throws(StoreError) -> [RedisArgument] {
        let reply = try await run(.buckets, on: shard)
        guard let names = reply.array?.compactMap(\.bytes) else { throw .unexpected("buckets") }
        return names.map { .bytes($0) }
    }
}
