import Synchronization
package import TesseraCore
package import TesseraRuntime

/// A clock that stands until a test moves it.
package final class ManualClock: Sendable {
    private struct State {
        var moment: Timestamp
        var steady = Duration.zero
    }

    private let state: Mutex<State>

    /// A clock that shows `start`.
    package init(_ start: Timestamp = Timestamp(seconds: 1_800_000_000)) { state = Mutex(State(moment: start)) }

    /// What it shows.
    package var now: Timestamp { state.withLock { $0.moment } }

    /// Moves it forward, as time passes. A negative duration sets the wall clock back, and no time passes.
    package func advance(by duration: Duration) {
        state.withLock { state in
            state.moment = state.moment + duration
            state.steady += max(.zero, duration)
        }
    }

    /// Sets the wall clock; no time passes.
    package func set(to time: Timestamp) { state.withLock { $0.moment = time } }

    /// How much time has passed since it was made.
    package var steady: Duration { state.withLock { $0.steady } }

    /// The port that shows this clock's time, ahead of it by `skew` (behind where that is negative).
    package func wallClock(skew: Duration = .zero) -> WallClock {
        WallClock(now: { self.now + skew }, steady: { self.steady })
    }
}
