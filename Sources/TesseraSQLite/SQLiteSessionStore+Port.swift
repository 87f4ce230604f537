package import TesseraCore
package import TesseraRuntime

extension SQLiteSessionStore {
    package func load(_ user: UserID) async throws(StoreError) -> UserRecord {
        try await read { try $0.load(user) }
    }

    package func owner(of session: SessionID) async throws(StoreError) -> UserID? {
        try await read { try $0.owner(of: session) }
    }

    package func isBlocked(_ token: TokenID) async throws(StoreError) -> Bool {
        try await read { try $0.isBlocked(token) }
    }

    package func commit(_ change: UserChange) async throws(StoreError) -> CommitOutcome {
        try await write { [limit = options.messageLimit] in try $0.commit(change, messageLimit: limit) }
    }

    package func mark(_ marks: [Mark]) async throws(StoreError) -> [Mark] {
        if marks.isEmpty { return [] }
        return try await write { tables in try marks.filter { try !tables.mark($0) } }
    }

    package func revokeEverybody(
        at now: Timestamp, reason: EndReason
    ) async throws(StoreError) -> EverybodyRevocation {
        EverybodyRevocation(deployment: try await write { try $0.revokeEverybody(at: now, reason: reason) })
    }

    @discardableResult
    package func block(_ revocation: Revocation) async throws(StoreError) -> Durability {
        try await write { try $0.block(revocation) }
        return .primary
    }

    package func revocations(at now: Timestamp) async throws(StoreError) -> [Revocation] {
        try await read { try $0.revocations(at: now) }
    }

    /// In steps, so that other calls get their turns in between. Stops short of the time limit; the next sweep goes on.
    package func sweep(at now: Timestamp) async throws(StoreError) -> SweepResult {
        let clock = ContinuousClock()
        let end = clock.now + options.timeLimit / 2
        var sessions = 0
        var revocations = 0
        var isLast = false
        repeat {
            let step = try await write { try $0.sweep(at: now, limit: 256) }
            sessions += step.sessions
            revocations += step.revocations
            isLast = step.isLast
        } while !isLast && clock.now < end
        return SweepResult(sessions: sessions, revocations: revocations)
    }

    package func ping() async throws(StoreError) {
        try await write { try $0.ping() }
    }
}
