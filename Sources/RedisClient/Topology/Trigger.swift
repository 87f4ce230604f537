internal import Synchronization

/// Wakes whoever waits for a change.
final class Trigger: Sendable {
    private struct State {
        var count = 0
        var lastID = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    /// How often it was fired so far.
    var count: Int { state.withLock { $0.count } }

    /// Wakes everybody.
    func fire() {
        let waiting = state.withLock { state in
            state.count += 1
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns when it has been fired since `seen`, after `limit`, or when the task is cancelled.
    func wait(after seen: Int, atMost limit: Duration) async {
        guard limit > .zero else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait(after: seen) }
            // A cancelled sleep is followed by the end of the wait.
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    /// The value that `look` finds, or why there is none. It looks again after each firing for as long as there is
    /// neither, until the deadline.
    func waitFor<Value>(
        _ timing: Timing, _ look: () -> (value: Value?, failure: RedisError?)
    ) async throws(RedisError) -> Value {
        while true {
            let seen = count
            let (value, failure) = look()
            if let value { return value }
            if let failure { throw failure }
            if Task.isCancelled { throw .cancelled(written: false) }
            let rest = timing.rest
            guard rest > .zero else { throw .timedOut(written: false) }
            await wait(after: seen, atMost: rest)
        }
    }

    /// Returns when it is so no more, looking again after each firing, or when the task is cancelled.
    func wait(while isSo: () -> Bool) async {
        while !Task.isCancelled {
            let seen = count
            guard isSo() else { return }
            await wait(after: seen)
        }
    }

    /// Returns when it has been fired since `seen`, or when the task is cancelled.
    func wait(after seen: Int) async {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    // Under the lock: who is cancelled later finds the continuation here.
                    if state.count > seen || Task.isCancelled { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
        }
    }
}
