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

    /// A clock that asks this closure.
    public init(now read: @escaping @Sendable () -> Timestamp) { self.read = read }

    /// The time now.
    public func now() -> Timestamp { read() }

    /// The system's wall clock.
    public static let system = WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
