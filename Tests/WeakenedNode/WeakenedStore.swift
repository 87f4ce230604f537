import TesseraCore
import TesseraRuntime

/// What keeps promises besides the keeper (see `KeeperProtection`), by name.
enum Protection: String, Sendable {
    /// A commit finds the record as it was read, or changes nothing.
    case conditions
    /// What is answered to be on a replica is there.
    case replicas
    /// A store that does not answer is not one that has nothing.
    case unavailability
    /// The end of a session that the store has lost is written, before anybody is told.
    case endUnknown
    /// A confirmation is the other nodes' own.
    case confirmation
}

/// A store that lacks some of what it promises.
struct WeakenedStore: SessionStore {
    let base: any SessionStore
    let missing: Set<Protection>

    func load(_ user: UserID) async throws(StoreError) -> UserRecord {
        try await answer(or: UserRecord(user: user)) { () async throws(StoreError) in try await base.load(user) }
    }

    func owner(of session: SessionID) async throws(StoreError) -> UserID? {
        try await answer(or: nil) { () async throws(StoreError) in try await base.owner(of: session) }
    }

    func isBlocked(_ token: TokenID) async throws(StoreError) -> Bool {
        try await answer(or: false) { () async throws(StoreError) in try await base.isBlocked(token) }
    }

    /// What a store says that has nothing, where this one does not answer.
    private func answer<Answer>(
        or nothing: Answer, _ ask: () async throws(StoreError) -> Answer
    ) async throws(StoreError) -> Answer {
        do {
            return try await ask()
        } catch {
            if missing.contains(.unavailability) { return nothing }
            throw error
        }
    }

    func commit(_ change: UserChange) async throws(StoreError) -> CommitOutcome {
        var outcome = try await base.commit(change)
        while outcome == .stale, missing.contains(.conditions) {
            outcome = try await base.commit(change.overwriting(try await base.load(change.user)))
        }
        if case .committed(let durability) = outcome { return .committed(said(durability)) }
        return outcome
    }

    func mark(_ marks: [Mark]) async throws(StoreError) -> [Mark] { try await base.mark(marks) }

    func revokeEverybody(at now: Timestamp, reason: EndReason) async throws(StoreError) -> EverybodyRevocation {
        let done = try await base.revokeEverybody(at: now, reason: reason)
        return EverybodyRevocation(deployment: done.deployment, durability: said(done.durability))
    }

    func block(_ revocation: Revocation) async throws(StoreError) -> Durability {
        if missing.contains(.endUnknown), revocation.reason == .expired { return .primary }
        return said(
            try await answer(or: .primary) { () async throws(StoreError) in try await base.block(revocation) })
    }

    private func said(_ durability: Durability) -> Durability {
        missing.contains(.replicas) ? .replicated : durability
    }

    func revocations(at now: Timestamp) async throws(StoreError) -> [Revocation] {
        try await base.revocations(at: now)
    }

    func sweep(at now: Timestamp) async throws(StoreError) -> SweepResult { try await base.sweep(at: now) }

    func ping() async throws(StoreError) { try await base.ping() }
}

extension UserChange {
    /// The same over a record that another change has meanwhile moved on.
    fileprivate func overwriting(_ record: UserRecord) -> UserChange {
        let edits = edits.map { edit in
            switch edit {
            case .create(let session), .replace(_, with: let session):
                record[session.id].map { SessionEdit.replace($0, with: session) } ?? .create(session)
            case .remove: edit
            }
        }
        return UserChange(
            user: user, expectedEpoch: record.epoch, expectedDeploymentEpoch: record.deployment.epoch,
            raisedEpoch: raisedEpoch, edits: edits, revocations: revocations, messages: messages)
    }
}
