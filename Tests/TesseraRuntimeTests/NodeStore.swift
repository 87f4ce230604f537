import TesseraCore
import TesseraRuntime

@testable import TesseraTestKit

/// One node's way to a store that it shares: with faults of its own, and what it publishes handed on.
final class NodeStore: SessionStore {
    let faults = StoreFaults()
    private let base: any SessionStore
    private let published: @Sendable ([Revocation]) -> Void

    init(_ base: any SessionStore, published: @escaping @Sendable ([Revocation]) -> Void = { _ in }) {
        self.base = base
        self.published = published
    }

    func load(_ user: UserID) async throws(StoreError) -> UserRecord {
        try await call(.load) { () throws(StoreError) in try await self.base.load(user) }
    }

    func owner(of session: SessionID) async throws(StoreError) -> UserID? {
        try await call(.owner) { () throws(StoreError) in try await self.base.owner(of: session) }
    }

    func isBlocked(_ token: TokenID) async throws(StoreError) -> Bool {
        try await call(.isBlocked) { () throws(StoreError) in try await self.base.isBlocked(token) }
    }

    func commit(_ change: UserChange) async throws(StoreError) -> CommitOutcome {
        try await call(.commit) { () throws(StoreError) in
            let outcome = try await self.base.commit(change)
            if case .committed = outcome { self.published(change.revocations) }
            return outcome
        }
    }

    func mark(_ marks: [Mark]) async throws(StoreError) -> [Mark] {
        try await call(.mark) { () throws(StoreError) in try await self.base.mark(marks) }
    }

    func revokeEverybody(at now: Timestamp, reason: EndReason) async throws(StoreError) -> EverybodyRevocation {
        try await call(.revokeEverybody) { () throws(StoreError) in
            let revoked = try await self.base.revokeEverybody(at: now, reason: reason)
            let fact = EndedFact.everybody(below: revoked.deployment.epoch)
            self.published([Revocation(fact: fact, expires: .distantFuture, reason: reason)])
            return revoked
        }
    }

    func block(_ revocation: Revocation) async throws(StoreError) -> Durability {
        try await call(.block) { () throws(StoreError) in
            let durability = try await self.base.block(revocation)
            self.published([revocation])
            return durability
        }
    }

    func revocations(at now: Timestamp) async throws(StoreError) -> [Revocation] {
        try await call(.revocations) { () throws(StoreError) in try await self.base.revocations(at: now) }
    }

    func sweep(at now: Timestamp) async throws(StoreError) -> SweepResult {
        try await call(.sweep) { () throws(StoreError) in try await self.base.sweep(at: now) }
    }

    func ping() async throws(StoreError) {
        try await call(.ping) { () throws(StoreError) in try await self.base.ping() }
    }

    private func call<Value: Sendable>(
        _ kind: StoreCallKind, _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        faults.count(kind)
        try await faults.pass(kind, .before)
        let value = try await body()
        try await faults.pass(kind, .after)
        return value
    }
}
