import Synchronization
import TesseraCore
import TesseraRuntime

/// Something that is fetched now and then and kept: a discovery document, a set of keys. However many ask at once, one
/// fetch is under way; the others wait for it, and only so many.
final class FetchedValue<Value: Sendable>: Sendable {
    private let state: Mutex<FetchState<Value>>
    private let turnstile = Turnstile(limit: 1000, patience: .seconds(15))
    private let clock: WallClock
    private let fetch: @Sendable () async throws(ProvidersError) -> Value

    init(
        times: FetchState<Value>.Times, clock: WallClock,
        fetch: @escaping @Sendable () async throws(ProvidersError) -> Value
    ) {
        state = Mutex(FetchState(times: times))
        self.clock = clock
        self.fetch = fetch
    }

    /// The value and when it was asked for. Waits for 15 seconds at most for the fetches of others.
    ///
    /// - Parameter seen: asks for a value that is newer than the one asked for at this time.
    func value(newerThan seen: Timestamp? = nil) async throws(ProvidersError) -> (value: Value, asked: Timestamp) {
        if let known = try known(newerThan: seen) { return known }
        let outcome: Result<(value: Value, asked: Timestamp), ProvidersError>
        do {
            outcome = try await turnstile.pass { await fetchOnce(newerThan: seen) }
        } catch {
            throw ProvidersError(.unavailable, "too many wait for the provider, or for too long")
        }
        return try outcome.get()
    }

    /// Has its turn: somebody else may have fetched meanwhile.
    private func fetchOnce(newerThan seen: Timestamp?) async -> Result<(value: Value, asked: Timestamp), ProvidersError>
    {
        do throws(ProvidersError) {
            if let known = try known(newerThan: seen) { return .success(known) }
            let asked = clock.now()
            do throws(ProvidersError) {
                let value = try await fetch()
                state.withLock { $0.fetched(value, asked: asked) }
                return .success((value, asked))
            } catch {
                // Whoever was given up himself says nothing about the provider.
                if Task.isCancelled { throw error }
                let answer = state.withLock { $0.failed(error, at: clock.now()) }
                guard case .use(let value) = answer else { throw error }
                return .success((value, asked))
            }
        } catch {
            return .failure(error)
        }
    }

    private func known(newerThan seen: Timestamp?) throws(ProvidersError) -> (value: Value, asked: Timestamp)? {
        let now = clock.now()
        let (answer, asked) = state.withLock { ($0.ask(at: now, newerThan: seen), $0.asked ?? now) }
        switch answer {
        case .use(let value): return (value, asked)
        case .fetch: return nil
        case .refuse(let error): throw error
        }
    }
}
