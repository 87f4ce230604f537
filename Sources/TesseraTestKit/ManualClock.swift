import Synchronization
package import TesseraCore
package import TesseraRuntime

/// A clock that stands until a test moves it.
package final class ManualClock: Sendable {
    private let moment: Mutex<Timestamp>

    /// A clock that shows `start`.
    package init(_ start: Timestamp = Timestamp(seconds: 1_800_000_000)) { moment = Mutex(start) }

    /// What it shows.
    package var now: Timestamp { moment.withLock { $0 } }

    /// Moves it forward; backward where the duration is negative.
    package func advance(by duration: Duration) { moment.withLock { $0 = $0 + duration } }

    /// Sets it.
    package func set(to time: Timestamp) { moment.withLock { $0 = time } }

    /// The port that shows this clock's time, ahead of it by `skew` (behind where that is negative).
    package func wallClock(skew: Duration = .zero) -> WallClock { WallClock { self.now + skew } }
}
