package import TesseraCore
package import TesseraRuntime

extension SimulatedConnection: SessionStore {
    package func load(_ user: UserID) async throws(StoreError) -> UserRecord {
        try ask(shards.shard(of: user)) { $0.load(user) }
    }

    package func owner(of session: SessionID) async throws(StoreError) -> UserID? {
        try ask(shards.shard(of: session)) { $0.owner(of: session) }
    }

    package func isBlocked(_ token: TokenID) async throws(StoreError) -> Bool {
        try ask(shards.shard(of: .token(token)) ?? 0) { $0.isBlocked(token) }
    }

    package func commit(_ change: UserChange) async throws(StoreError) -> CommitOutcome {
        let shard = shards.shard(of: change.user)
        let adopts = change.edits.contains { edit in
            if case .create(let session) = edit { session.adoptedUntil != nil } else { false }
        }
        if adopts, try server(for: shard).data.begun.contains(shard) { throw StoreError(.unsettled, "has only begun") }
        return try write(shard, isSettled: true) { tables in
            let outcome = tables.commit(change, durability: .primary, now: cluster.clock.now)
            guard case .committed = outcome else { return (outcome, nil) }
            return (outcome, message(shard, change.user, change.revocations))
        }
    }

    package func mark(_ marks: [Mark]) async throws(StoreError) -> [Mark] {
        var unknown: [Mark] = []
        for mark in marks where !(try ask(shards.shard(of: mark.user), { $0.mark(mark) })) { unknown.append(mark) }
        return unknown
    }

    package func revokeEverybody(
        at now: Timestamp, reason: EndReason
    ) async throws(StoreError) -> EverybodyRevocation {
        var highest = UserRecord.Deployment.initial
        for server in try servers() {
            let epoch = server.data.tables.deployment.epoch
            if epoch > highest.epoch { highest = UserRecord.Deployment(epoch: epoch, raisedAt: now) }
        }
        let deployment = UserRecord.Deployment(epoch: highest.epoch.next, raisedAt: now)
        let fact = EndedFact.everybody(below: deployment.epoch)
        let revocation = Revocation(fact: fact, expires: Timestamp(milliseconds: .max), reason: reason)
        for shard in shards.all {
            try write(shard, isSettled: false) { tables in
                tables.raiseEverybody(to: deployment.epoch, at: now, reason: reason)
                return ((), message(shard, nil, [revocation]))
            }
        }
        return EverybodyRevocation(deployment: deployment)
    }

    @discardableResult
    package func block(_ revocation: Revocation) async throws(StoreError) -> Durability {
        guard let shard = shards.shard(of: revocation.fact) else {
            for shard in shards.all { try block(revocation, shard) }
            return .primary
        }
        try block(revocation, shard)
        return .primary
    }

    private func block(_ revocation: Revocation, _ shard: Int) throws(StoreError) {
        try write(shard, isSettled: true) { tables in
            tables.block(revocation, now: cluster.clock.now)
            return ((), message(shard, nil, [revocation]))
        }
    }

    package func revocations(at now: Timestamp) async throws(StoreError) -> [Revocation] {
        try servers().flatMap { $0.data.tables.revocations(at: now) }
    }

    package func sweep(at now: Timestamp) async throws(StoreError) -> SweepResult {
        var (sessions, revocations) = (0, 0)
        for server in try servers() {
            let swept = server.write { data in (data.tables.sweep(at: now), []) }
            sessions += swept?.sessions ?? 0
            revocations += swept?.revocations ?? 0
        }
        return SweepResult(sessions: sessions, revocations: revocations)
    }

    package func ping() async throws(StoreError) { try ask(0) { _ in } }

    // MARK: Ways

    private func servers() throws(StoreError) -> [SimulatedServer] {
        var servers: [SimulatedServer] = []
        for shard in shards.all {
            let server = try server(for: shard)
            if !servers.contains(where: { $0 === server }) { servers.append(server) }
        }
        return servers
    }

    private func message(_ shard: Int, _ user: UserID?, _ revocations: [Revocation]) -> BusMessage {
        .changed(
            BusChange(
                shard: shard, node: node, user: user, revocations: revocations, acceptedAt: cluster.clock.now))
    }

    /// A question, which counts only where it could have been a write.
    private func ask<Value>(_ shard: Int, _ body: (inout MemoryTables) -> Value) throws(StoreError) -> Value {
        if cluster.missing.contains(.writableAnswers) {
            var tables = try server(for: shard).data.tables
            return body(&tables)
        }
        return try write(shard, isSettled: true) { (body(&$0), nil) }
    }

    @discardableResult
    private func write<Value>(
        _ shard: Int, isSettled mustBeSettled: Bool, _ body: (inout MemoryTables) -> (Value, BusMessage?)
    ) throws(StoreError) -> Value {
        let server = try server(for: shard)
        let checksSettled = mustBeSettled && !cluster.missing.contains(.settledAnswers)
        let answer = server.write { data -> (Value?, [SimulatedServer.Published]) in
            if checksSettled, data.settled[shard] != server.replication { return (nil, []) }
            let (value, message) = body(&data.tables)
            return (value, [message].compactMap { $0 }.map { .init(message: $0) })
        }
        guard let answer else { throw StoreError(.unavailable, "may not write") }
        guard let value = answer else { throw StoreError(.unsettled, "not settled") }
        return value
    }
}
