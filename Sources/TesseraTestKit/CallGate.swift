import Synchronization

/// A gate that calls wait at until it is opened, and a test that waits until so and so many have arrived: races
/// without sleeps.
package final class CallGate: Sendable {
    private struct State {
        var isOpen = false
        var arrived = 0
        var held: [CheckedContinuation<Void, Never>] = []
        var watchers: [Watcher] = []
    }

    private struct Watcher {
        let count: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    private let state = Mutex(State())

    package init() {}

    /// How many calls have come to the gate, those that went through included.
    package var arrivals: Int { state.withLock { $0.arrived } }

    /// Returns once `count` calls in all have come to the gate.
    package func waitForArrivals(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.arrived >= count { return true }
                state.watchers.append(Watcher(count: count, continuation: continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Lets the calls through that wait here, in the order in which they came, and holds the next ones again.
    package func releaseHeld() {
        let held = state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    /// Lets everybody through from now on.
    package func open() {
        state.withLock { $0.isOpen = true }
        releaseHeld()
    }

    /// Waits at the gate. The cancellation of the task does not let it through.
    package func pass() async {
        await withCheckedContinuation { continuation in
            let (goesOn, reached) = state.withLock { state in
                state.arrived += 1
                let reached = state.watchers.filter { $0.count <= state.arrived }
                state.watchers.removeAll { $0.count <= state.arrived }
                if !state.isOpen { state.held.append(continuation) }
                return (state.isOpen, reached)
            }
            for watcher in reached { watcher.continuation.resume() }
            if goesOn { continuation.resume() }
        }
    }
}
