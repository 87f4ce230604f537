import Synchronization

/// How long the last revocations of other nodes took to get here: a bounded number of them, for operators who look.
/// (The histogram among the metrics counts all.)
package final class PropagationTimes: Sendable {
    /// What the last revocations took.
    package struct Summary: Sendable, Hashable {
        /// How many are looked at.
        package let count: Int
        package let median: Duration
        package let percentile99: Duration
        package let maximum: Duration
    }

    private struct State {
        var times: [Duration] = []
        var next = 0
    }

    private static let limit = 1024
    private let state = Mutex(State())

    package init() {}

    func note(_ time: Duration) {
        state.withLock { state in
            if state.times.count < Self.limit {
                state.times.append(time)
            } else {
                state.times[state.next] = time
                state.next = (state.next + 1) % Self.limit
            }
        }
    }

    /// `nil` where there were none.
    package var summary: Summary? {
        let times = state.withLock { $0.times }.sorted()
        guard let maximum = times.last else { return nil }
        return Summary(
            count: times.count, median: times[(times.count - 1) / 2], percentile99: times[(times.count - 1) * 99 / 100],
            maximum: maximum)
    }
}
