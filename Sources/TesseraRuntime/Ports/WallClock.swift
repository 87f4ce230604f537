public import TesseraCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Tells the time. A port, so that tests decide what time it is.
public struct WallClock: Sendable {
    private let read: @Sendable () -> Timestamp
    private let readSteady: @Sendable () -> Duration

    /// A clock that asks this closure.
    public init(now read: @escaping @Sendable () -> Timestamp) { self.init(now: read, steady: Self.systemSteady) }

    /// The same, with a steady clock beside it: the time since some moment, which nobody sets.
    package init(now read: @escaping @Sendable () -> Timestamp, steady: @escaping @Sendable () -> Duration) {
        self.read = read
        self.readSteady = steady
    }

    /// The time now.
    public func now() -> Timestamp { read() }

    /// What both clocks show now, to measure how long ago something was.
    package func reading() -> ClockReading { ClockReading(wall: read(), steady: readSteady()) }

    /// The system's wall clock.
    public static let system = WallClock {
        let time = Self.time(CLOCK_REALTIME)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// The system's clock that goes on while the machine sleeps, and is never set.
    private static let systemSteady: @Sendable () -> Duration = {
        #if os(Linux)
            let time = Self.time(CLOCK_BOOTTIME)
        #else
            let time = Self.time(CLOCK_MONOTONIC)
        #endif
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }

    private static func time(_ clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }
}

/// What a node's two clocks showed at one moment.
///
/// The wall clock may be set, back or forward; the steady clock may stand still with a virtual machine that was
/// suspended. So of the time that has passed the longer answer counts: trust then ends too early, but never too late.
package struct ClockReading: Sendable, Hashable {
    package let wall: Timestamp
    /// Since some moment before the process began.
    package let steady: Duration

    package init(wall: Timestamp, steady: Duration) {
        self.wall = wall
        self.steady = steady
    }

    /// How much time has passed since an earlier reading of the same node: at least as much as really has, unless both
    /// clocks failed at once.
    package func elapsed(since earlier: ClockReading) -> Duration {
        max(wall - earlier.wall, steady - earlier.steady)
    }
}
