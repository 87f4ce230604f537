/// How often something may be tried: `burst` times at once, and once more for every `interval` that passes.
public struct AttemptLimit: Sendable, Hashable {
    public var burst: Int
    public var interval: Duration

    public init(burst: Int, interval: Duration) {
        self.burst = max(burst, 1)
        self.interval = interval
    }

    /// One attempt more, or how long to wait for it.
    ///
    /// The state is one moment: when all that was tried so far is paid for (the generic cell rate algorithm). So a
    /// store keeps one number for what is limited, and drops it once it lies in the past.
    ///
    /// - Parameter paidUntil: the state so far; `nil` or the past for nothing.
    package func attempt(paidUntil: Timestamp?, at now: Timestamp) -> AttemptAnswer {
        let next = max(paidUntil ?? now, now) + interval
        let earliest = next - interval * burst
        return earliest <= now ? .allowed(paidUntil: next) : .refused(retryAfter: earliest - now)
    }
}

/// What became of an attempt.
package enum AttemptAnswer: Sendable, Hashable {
    /// Go ahead; the new state.
    case allowed(paidUntil: Timestamp)
    /// Not now, but after this.
    case refused(retryAfter: Duration)
}
