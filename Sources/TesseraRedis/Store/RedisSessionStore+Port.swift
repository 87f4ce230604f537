import RESP
package import TesseraCore
package import TesseraRuntime

extension RedisSessionStore {
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

    package func isBlocked(_ token: TokenID) async throws(StoreError) -> Bool {
        let shard = shards.shard(of: .token(token)) ?? 0
        let reply = try await run(.blocked, on: shard, [.string(token.text)])
        guard let count = reply.int else { throw .unexpected("blocked") }
        return count > 0
    }

    package func commit(_ change: UserChange) async throws(StoreError) -> CommitOutcome {
        let shard = shards.shard(of: change.user)
        for case .create(let session) in change.edits where shards.shard(of: session.id) != shard {
            // Another user's, then: no session of this user has such a name.
            return .stale
        }
        let own = change.revocations.filter { shards.shard(of: $0.fact) == shard }
        let arguments = ChangeArguments(
            change, revocations: own, message: announcement(own, of: change.user, on: shard),
            messageLimit: options.messageLimit, now: clock.now())
        let reply = try await run(change.createsSessions ? .create : .commit, on: shard, arguments.values)
        switch reply.array?.first?.string {
        case "ok":
            accepted.take(own)
            return .committed(try await finish(change, ShardWrite(shard, reply.array?.last)))
        case "stale": return .stale
        case "ended":
            guard let id = reply.array?.last?.string.flatMap({ SessionID($0) }) else { throw .unexpected("commit") }
            return .sessionEnded(id)
        default: throw .unexpected("commit")
        }
    }

    /// Blocks what is not of this shard: an operator may name a session that is not the user's. That is never wrong
    /// twice, so whoever does not get the answer may commit again.
    private func finish(_ change: UserChange, _ write: ShardWrite) async throws(StoreError) -> Durability {
        if change.revocations.isEmpty { return .primary }
        var writes = [write]
        for revocation in change.revocations where shards.shard(of: revocation.fact) != write.shard {
            writes += try await enter(revocation)
        }
        return await durability(of: writes)
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

    /// Every primary has to be able to write; of each, one shard is asked.
    package func ping() async throws(StoreError) {
        let first = try await calls.shardsByPrimary().compactMap(\.value.first)
        _ = try await calls.onEvery(of: first) { shard throws(StoreError) in try await self.run(.ping, on: shard) }
    }
}

extension UserChange {
    fileprivate var createsSessions: Bool {
        edits.contains { edit in
            switch edit {
            case .create: true
            case .replace, .remove: false
            }
        }
    }
}
