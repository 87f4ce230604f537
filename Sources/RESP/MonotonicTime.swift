/// A moment on the system's clock that only goes forward.
package struct MonotonicTime: Sendable, Hashable, Comparable {
    /// Since some moment before the process began.
    package let nanoseconds: UInt64

    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The moment that is `duration` later; the end of time where that lies beyond it.
    package func advanced(by duration: Duration) -> MonotonicTime {
        let (seconds, attoseconds) = duration.components
        let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !isTooLong, seconds >= 0, attoseconds >= 0 else { return seconds < 0 || attoseconds < 0 ? self : .end }
        let (sum, overflows) = nanoseconds.addingReportingOverflow(UInt64(whole + attoseconds / 1_000_000_000))
        return overflows ? .end : MonotonicTime(nanoseconds: sum)
    }

    /// How long from `earlier` until this; zero where it is later.
    package func elapsed(since earlier: MonotonicTime) -> Duration {
        nanoseconds > earlier.nanoseconds ? .nanoseconds(Int64(clamping: nanoseconds - earlier.nanoseconds)) : .zero
    }

    /// Later than everything.
    package static let end = MonotonicTime(nanoseconds: UInt64(Int64.max))
}
