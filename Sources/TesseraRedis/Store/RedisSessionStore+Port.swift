import RESP
package import TesseraCore
package import TesseraRuntime

extension RedisSessionStore {
    package var shards: Shards { keys.shards }

    package func load(_ user: UserID) async throws(StoreError) -> UserRecord {
        let reply = try await run(.load, on: shards.shard(of: user), [.string(user.text)])
        return try UserRecord(user, reply: reply)
    }

    package func owner(of session: SessionID) async throws(StoreError) -> UserID? {
        let reply = try await run(.owner, on: shards.shard(of: session), [.string("\(session)")])
        if reply.isNull { return nil }
        guard let user = reply.string.flatMap({ UserID($0) }) else { throw .unexpected("owner") }
        return user
    }

    package func commit(_ change: UserChange) async throws(StoreError) -> CommitOutcome {
        let shard = shards.shard(of: change.user)
        for case .create(let session) in change.edits where shards.shard(of: session.id) != shard {
            // Another user's, then: no session of this user has such a name.
            return .stale
        }
        let own = change.revocations.filter { shards.shard(of: $0.fact) == shard }
        let arguments = ChangeArguments(
            change, revocations: own, messages: [], events: OutboxEntries(limit: options.outboxLimit, entries: []),
            now: clock.now())
        let reply = try await run(.commit, on: shard, arguments.values)
        switch reply.array?.first?.string {
        case "ok": break
        case "stale": return .stale
        case "ended":
            guard let id = reply.array?.last?.string.flatMap({ SessionID($0) }) else { throw .unexpected("commit") }
            return .sessionEnded(id)
        default: throw .unexpected("commit")
        }
        // About somebody else's: an operator may name a session that is not this user's. Blocking is never wrong twice.
        for revocation in change.revocations where shards.shard(of: revocation.fact) != shard {
            try await block(revocation)
        }
        return .committed(change.revocations.isEmpty ? .primary : await replication.durability(of: shard))
    }

    package func mark(_ marks: [Mark]) async throws(StoreError) -> [Mark] {
        let byShard = Dictionary(grouping: marks.indices) { shards.shard(of: marks[$0].user) }
        var unknown: [Int] = []
        for (shard, indices) in byShard {
            for start in stride(from: 0, to: indices.count, by: Self.marksPerStep) {
                let part = Array(indices[start..<min(start + Self.marksPerStep, indices.count)])
                let reply = try await run(.mark, on: shard, part.flatMap { Self.arguments(marks[$0]) })
                guard let numbers = reply.array?.compactMap(\.int), numbers.allSatisfy(part.indices.contains) else {
                    throw .unexpected("mark")
                }
                unknown += numbers.map { part[$0] }
            }
        }
        return unknown.sorted().map { marks[$0] }
    }

    /// How many marks one script takes: some tens of microseconds of the server's time.
    private static let marksPerStep = 200

    private static func arguments(_ mark: Mark) -> [RedisArgument] {
        [
            .string(mark.user.text), .string("\(mark.session)"), .integer(mark.use.at.milliseconds),
            .integer(Int64(mark.use.generation.number)),
        ]
    }

    package func ping() async throws(StoreError) {
        _ = try await run(.ping, on: 0)
    }
}
