import Synchronization
package import TesseraCore
package import TesseraRuntime

/// Where sessions were begun, in memory, for tests: a second writing of the port's semantics, on purpose.
package final class InMemoryProviderSessions: ProviderSessions {
    private struct State {
        var sessions: [SessionID: ProviderSession] = [:]
        var logouts: [ProviderName: (upTo: Timestamp, expires: Timestamp)] = [:]
        var used: [ProviderName: Timestamp] = [:]
        var failure: StoreError?
        var calls = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Lets every call fail, or none where it is `nil`.
    package func fail(with error: StoreError?) { state.withLock { $0.failure = error } }

    /// How many calls there were.
    package var calls: Int { state.withLock { $0.calls } }

    private func call<Value: Sendable>(_ body: (inout State) -> sending Value) throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = state.withLock { state in
            state.calls += 1
            if let failure = state.failure { return .failure(failure) }
            return .success(body(&state))
        }
        return try result.get()
    }

    package func keep(_ session: ProviderSession, at now: Timestamp) async throws(StoreError) -> Bool {
        try call { state in
            for name in session.names?.all ?? [] {
                guard let logout = state.logouts[name], logout.expires > now, let names = session.names else {
                    continue
                }
                if names.issuedAt <= logout.upTo { return false }
            }
            state.sessions[session.session] = session
            return true
        }
    }

    package func origin(
        of session: SessionID, at now: Timestamp
    ) async throws(StoreError) -> ProviderSession.Origin? {
        try call { state in
            state.sessions[session].flatMap { $0.expires > now ? $0.origin : nil }
        }
    }

    package func forgetOrigin(of session: SessionID) async throws(StoreError) {
        try call { state in
            guard let kept = state.sessions[session] else { return }
            state.sessions[session] = ProviderSession(
                session: kept.session, user: kept.user, names: kept.names, origin: nil, expires: kept.expires)
        }
    }

    package func end(_ logout: ProviderLogout, at now: Timestamp) async throws(StoreError) -> [OwnedSession] {
        try call { state in
            let before = state.logouts[logout.name]
            state.logouts[logout.name] = (
                max(logout.refusesUpTo, before?.upTo ?? logout.refusesUpTo),
                max(logout.remembered, before?.expires ?? logout.remembered)
            )
            return state.sessions.values.filter { session in
                guard let names = session.names, names.all.contains(logout.name), session.expires > now else {
                    return false
                }
                return names.issuedAt <= logout.endsUpTo && logout.subject.map { $0 == names.subject } ?? true
            }.map { OwnedSession(session: $0.session, user: $0.user) }.sorted { $0.session < $1.session }
        }
    }

    package func use(
        _ token: ProviderName, until: Timestamp, at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try call { state in
            if let used = state.used[token], used > now { return false }
            state.used[token] = until
            return true
        }
    }

    package func sweepProviderSessions(at now: Timestamp) async throws(StoreError) -> Int {
        try call { state in
            let before = state.sessions.count + state.logouts.count + state.used.count
            state.sessions = state.sessions.filter { $0.value.expires > now }
            state.logouts = state.logouts.filter { $0.value.expires > now }
            state.used = state.used.filter { $0.value > now }
            return before - state.sessions.count - state.logouts.count - state.used.count
        }
    }
}
