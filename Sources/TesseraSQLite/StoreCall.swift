import GRDB
import Synchronization
import TesseraRuntime

/// A call that a caller waits for, whatever its answer's type.
protocol PendingCall: AnyObject, Sendable {
    /// Whether the caller has its answer, be it that time was up.
    var isAnswered: Bool { get }

    /// Does what was asked, and keeps the outcome, a failure included, until `answer`. Rethrows the failure, so that
    /// what was half done can be undone.
    func run(in database: Database) throws

    /// Gives the caller the outcome of `run`; nothing when it has its answer already.
    func answer()

    /// Gives the caller this failure instead; nothing when it has its answer already.
    func fail(_ error: StoreError)
}

/// One operation and the caller that waits for it: answered exactly once, by the operation's end or by its time limit.
///
/// The cancellation of the caller's task changes nothing: whether an operation was done must not be left open.
final class StoreCall<Value: Sendable>: PendingCall {
    typealias Outcome = Result<Value, StoreError>

    private struct State {
        var caller: CheckedContinuation<Outcome, Never>?
        var outcome: Outcome?
    }

    private let body: @Sendable (Database) throws -> Value
    private let state: Mutex<State>

    init(_ caller: CheckedContinuation<Outcome, Never>, _ body: @escaping @Sendable (Database) throws -> Value) {
        self.body = body
        self.state = Mutex(State(caller: caller))
    }

    var isAnswered: Bool { state.withLock { $0.caller == nil } }

    func run(in database: Database) throws {
        do {
            let value = try body(database)
            state.withLock { $0.outcome = .success(value) }
        } catch {
            state.withLock { $0.outcome = .failure(StoreError(sqlite: error)) }
            throw error
        }
    }

    func answer() {
        let outcome = state.withLock { $0.outcome }
        settle(outcome ?? .failure(StoreError(.unavailable, "the operation was not run")))
    }

    func fail(_ error: StoreError) { settle(.failure(error)) }

    /// Gives the caller this outcome; nothing when it has its answer already.
    func settle(_ outcome: Outcome) {
        let caller = state.withLock { $0.caller.take() }
        caller?.resume(returning: outcome)
    }
}
