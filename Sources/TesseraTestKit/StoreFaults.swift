import Synchronization
package import TesseraRuntime

/// The calls of `SessionStore`, as faults and counters tell them apart.
package enum StoreCallKind: String, Sendable, Hashable, CaseIterable {
    case load
    case owner
    case isBlocked
    case commit
    case mark
    case revokeEverybody
    case block
    case revocations
    case sweep
    case ping
}

/// What goes wrong with the calls of an `InMemoryStore`, switched on and off by a test; and how many calls there were.
///
/// The faults of one call happen in this order: held before, failed before, done, held after, failed after.
package final class StoreFaults: Sendable {
    /// On which side of its effect something happens to a call.
    package enum Moment: Sendable, Hashable {
        /// It is not done.
        case before
        /// It is done, and the answer is on its way.
        case after
    }

    private struct Point: Hashable {
        let kind: StoreCallKind
        let moment: Moment
    }

    private struct Failure {
        let error: StoreError
        /// How many calls are still to fail; `nil` for all.
        var left: Int?
    }

    private struct State {
        var failures: [Point: Failure] = [:]
        var gates: [Point: CallGate] = [:]
        var counts: [StoreCallKind: Int] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    // MARK: Switching

    /// Lets the next calls of a kind fail, `times` of them, or all until `recover`. Failing after the effect is a lost
    /// answer: it happened, and the caller cannot know.
    package func fail(
        _ kinds: StoreCallKind..., moment: Moment, times: Int? = nil,
        with error: StoreError = StoreError(.unavailable, "switched off by the test")
    ) {
        state.withLock { state in
            for kind in kinds {
                state.failures[Point(kind: kind, moment: moment)] = Failure(error: error, left: times)
            }
        }
    }

    /// Lets every call fail before its effect, until `recover`: the store cannot be reached.
    package func failEverything(with error: StoreError = StoreError(.unavailable, "switched off by the test")) {
        state.withLock { state in
            for kind in StoreCallKind.allCases {
                state.failures[Point(kind: kind, moment: .before)] = Failure(error: error, left: nil)
            }
        }
    }

    /// Ends all failures. Gates stay.
    package func recover() {
        state.withLock { $0.failures = [:] }
    }

    /// Holds the calls of a kind at a gate until that is opened.
    package func hold(_ kind: StoreCallKind, moment: Moment) -> CallGate {
        let gate = CallGate()
        state.withLock { $0.gates[Point(kind: kind, moment: moment)] = gate }
        return gate
    }

    // MARK: Counting

    /// How many calls of a kind there were since the start or `resetCounts`, whatever became of them.
    package func count(of kind: StoreCallKind) -> Int {
        state.withLock { $0.counts[kind] ?? 0 }
    }

    /// How many calls there were in all.
    package var totalCount: Int { state.withLock { $0.counts.values.reduce(0, +) } }

    /// Counts from 0 again.
    package func resetCounts() {
        state.withLock { $0.counts = [:] }
    }

    // MARK: For the store

    func count(_ kind: StoreCallKind) {
        state.withLock { $0.counts[kind, default: 0] += 1 }
    }

    /// Lets a call go through what the test has put here.
    func pass(_ kind: StoreCallKind, _ moment: Moment) async throws(StoreError) {
        let point = Point(kind: kind, moment: moment)
        if let gate = state.withLock({ $0.gates[point] }) { await gate.pass() }
        let error = state.withLock { state -> StoreError? in
            guard var failure = state.failures[point] else { return nil }
            if let left = failure.left {
                guard left > 0 else { return nil }
                failure.left = left - 1
                state.failures[point] = failure
            }
            return failure.error
        }
        if let error { throw error }
    }
}
