package import TesseraCore
import Tracing

/// A store whose every call is measured, and has a span.
package struct ObservedStore: SessionStore {
    private let base: any SessionStore
    private let telemetry: Telemetry

    package init(_ base: any SessionStore, telemetry: Telemetry) {
        self.base = base
        self.telemetry = telemetry
    }

    package func load(_ user: UserID) async throws(StoreError) -> UserRecord {
        try await call(.load) { () async throws(StoreError) in try await base.load(user) }
    }

    package func owner(of session: SessionID) async throws(StoreError) -> UserID? {
        try await call(.owner) { () async throws(StoreError) in try await base.owner(of: session) }
    }

    package func isBlocked(_ token: TokenID) async throws(StoreError) -> Bool {
        try await call(.isBlocked) { () async throws(StoreError) in try await base.isBlocked(token) }
    }

    package func commit(_ change: UserChange) async throws(StoreError) -> CommitOutcome {
        try await call(.commit) { () async throws(StoreError) in try await base.commit(change) }
    }

    package func mark(_ marks: [Mark]) async throws(StoreError) -> [Mark] {
        try await call(.mark) { () async throws(StoreError) in try await base.mark(marks) }
    }

    package func revokeEverybody(
        at now: Timestamp, reason: EndReason
    ) async throws(StoreError) -> EverybodyRevocation {
        try await call(.revokeEverybody) { () async throws(StoreError) in
            try await base.revokeEverybody(at: now, reason: reason)
        }
    }

    package func block(_ revocation: Revocation) async throws(StoreError) -> Durability {
        try await call(.block) { () async throws(StoreError) in try await base.block(revocation) }
    }

    package func revocations(at now: Timestamp) async throws(StoreError) -> [Revocation] {
        try await call(.revocations) { () async throws(StoreError) in try await base.revocations(at: now) }
    }

    package func sweep(at now: Timestamp) async throws(StoreError) -> SweepResult {
        try await call(.sweep) { () async throws(StoreError) in try await base.sweep(at: now) }
    }

    package func ping() async throws(StoreError) {
        try await call(.ping) { () async throws(StoreError) in try await base.ping() }
    }

    private func call<Value: Sendable>(
        _ operation: StoreOperation, _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let start = ContinuousClock.now
        let result = await withSpan("store \(operation.rawValue)", ofKind: .client) { span in
            do throws(StoreError) {
                return Result<Value, StoreError>.success(try await body())
            } catch {
                span.attributes["error.code"] = error.code.rawValue
                span.setStatus(SpanStatus(code: .error))
                return .failure(error)
            }
        }
        let time = ContinuousClock.now - start
        switch result {
        case .success: telemetry.storeAnswered(operation, after: time, code: nil)
        case .failure(let error): telemetry.storeAnswered(operation, after: time, code: error.code)
        }
        return try result.get()
    }
}
