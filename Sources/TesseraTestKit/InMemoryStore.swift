import Synchronization
package import TesseraCore
package import TesseraRuntime

/// A store in memory, for tests: every call one step, with faults that a test switches (`faults`).
package final class InMemoryStore: SessionStore {
    /// What goes wrong, and how many calls there were.
    package let faults = StoreFaults()
    private let durability: Durability
    private let tables = Mutex(MemoryTables())
    private let outbox: InMemoryOutbox
    private let clock: WallClock

    /// `durability` is what commits answer; `outbox` is where what they tell goes; `clock` is the store's own.
    package init(
        durability: Durability = .primary, outbox: InMemoryOutbox = InMemoryOutbox(), clock: WallClock = .system
    ) {
        self.clock = clock
        self.durability = durability
        self.outbox = outbox
    }

    package func load(_ user: UserID) async throws(StoreError) -> UserRecord {
        try await call(.load) { $0.load(user) }
    }

    package func owner(of session: SessionID) async throws(StoreError) -> UserID? {
        try await call(.owner) { $0.owner(of: session) }
    }

    package func isBlocked(_ token: TokenID) async throws(StoreError) -> Bool {
        try await call(.isBlocked) { $0.isBlocked(token) }
    }

    package func commit(_ change: UserChange) async throws(StoreError) -> CommitOutcome {
        try await call(.commit) { [durability, outbox, clock] tables in
            let outcome = tables.commit(change, durability: durability, now: clock.now())
            if case .committed = outcome { outbox.post(change.messages) }
            return outcome
        }
    }

    package func mark(_ marks: [Mark]) async throws(StoreError) -> [Mark] {
        try await call(.mark) { tables in marks.filter { !tables.mark($0) } }
    }

    package func revokeEverybody(
        at now: Timestamp, reason: EndReason
    ) async throws(StoreError) -> EverybodyRevocation {
        let deployment = try await call(.revokeEverybody) { $0.revokeEverybody(at: now, reason: reason) }
        return EverybodyRevocation(deployment: deployment, durability: durability)
    }

    @discardableResult
    package func block(_ revocation: Revocation) async throws(StoreError) -> Durability {
        try await call(.block) { [clock] in $0.block(revocation, now: clock.now()) }
        return durability
    }

    package func revocations(at now: Timestamp) async throws(StoreError) -> [Revocation] {
        try await call(.revocations) { $0.revocations(at: now) }
    }

    package func sweep(at now: Timestamp) async throws(StoreError) -> SweepResult {
        try await call(.sweep) { $0.sweep(at: now) }
    }

    package func ping() async throws(StoreError) {
        try await call(.ping) { _ in }
    }

    private func call<Value: Sendable>(
        _ kind: StoreCallKind, _ body: @Sendable (inout MemoryTables) -> Value
    ) async throws(StoreError) -> Value {
        faults.count(kind)
        try await faults.pass(kind, .before)
        let value = tables.withLock { body(&$0) }
        try await faults.pass(kind, .after)
        return value
    }
}
