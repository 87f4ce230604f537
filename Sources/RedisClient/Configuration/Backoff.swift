/// How long to wait before connecting again: doubled with each failure, and at random between half of that and all of
/// it, so that many clients do not come back at once.
package struct Backoff: Sendable, Hashable {
    /// Before the second attempt.
    package var shortest: Duration
    /// The limit.
    package var longest: Duration

    package init(shortest: Duration = .milliseconds(50), longest: Duration = .seconds(2)) {
        self.shortest = shortest
        self.longest = longest
    }

    /// The wait after `failures` failures in a row; none after none.
    package func delay(after failures: Int, using random: inout some RandomNumberGenerator) -> Duration {
        guard failures > 0 else { return .zero }
        let full = min(longest, shortest * (1 << min(failures - 1, 20)))
        return full * Double.random(in: 0.5...1, using: &random)
    }
}
