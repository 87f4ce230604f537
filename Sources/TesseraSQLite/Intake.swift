import Synchronization
import TesseraRuntime

/// Counts the calls that are in progress: refuses those beyond a limit and those after closing, and says when the
/// last one has ended.
final class Intake: Sendable {
    private struct State {
        var inProgress = 0
        var isClosed = false
        var whenEmpty: [@Sendable () -> Void] = []
    }

    private let limit: Int
    private let name: String
    private let state = Mutex(State())

    /// `name` says in messages what is counted.
    init(limit: Int, name: String) {
        self.limit = limit
        self.name = name
    }

    /// How many calls are in progress.
    var count: Int { state.withLock { $0.inProgress } }

    /// Lets a call in, or says why not. Whoever was let in must `leave`.
    func enter() -> StoreError? {
        state.withLock { state in
            if state.isClosed { return StoreError(.closed, "the session store is closed") }
            if state.inProgress >= limit {
                return StoreError(.unavailable, "the session store has \(limit) \(name) waiting already")
            }
            state.inProgress += 1
            return nil
        }
    }

    /// Lets calls go that are done.
    func leave(_ count: Int = 1) {
        let notified = state.withLock { state in
            state.inProgress -= count
            guard state.isClosed, state.inProgress == 0 else { return [@Sendable () -> Void]() }
            defer { state.whenEmpty = [] }
            return state.whenEmpty
        }
        for notify in notified { notify() }
    }

    /// Lets nothing in any more, and calls back once the last call has left: at once when there is none.
    func close(whenEmpty notify: @escaping @Sendable () -> Void) {
        let isEmpty = state.withLock { state in
            state.isClosed = true
            if state.inProgress > 0 { state.whenEmpty.append(notify) }
            return state.inProgress == 0
        }
        if isEmpty { notify() }
    }
}
