/// A moment: milliseconds since 1970-01-01T00:00:00Z, without leap seconds, as the system's wall clock counts.
public struct Timestamp: Sendable, Hashable, Comparable {
    public let milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// The start of a second since 1970 (the `NumericDate` of RFC 7519, section 2).
    public init(seconds: Int64) { self.init(milliseconds: seconds.multipliedSaturating(by: 1000)) }

    /// The whole seconds since 1970, rounded down.
    public var seconds: Int64 {
        let (quotient, remainder) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// The moment after a duration, to the millisecond; the last representable moment where it would lie beyond.
    public static func + (moment: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds.addingSaturating(duration.milliseconds))
    }

    /// The moment before by a duration, to the millisecond; the first representable moment where it would lie beyond.
    public static func - (moment: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds.subtractingSaturating(duration.milliseconds))
    }

    /// How long after `earlier` this moment is; negative when it is before. Saturates.
    public static func - (later: Timestamp, earlier: Timestamp) -> Duration {
        .milliseconds(later.milliseconds.subtractingSaturating(earlier.milliseconds))
    }
}

extension Duration {
    /// The whole milliseconds, rounded towards zero; saturates.
    public var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds.multipliedSaturating(by: 1000).addingSaturating(attoseconds / 1_000_000_000_000_000)
    }

    /// The whole seconds, rounded towards zero.
    public var wholeSeconds: Int64 { components.seconds }

    /// A number of minutes.
    public static func minutes(_ count: Int) -> Duration { .seconds(count * 60) }
    /// A number of hours.
    public static func hours(_ count: Int) -> Duration { .seconds(count * 3600) }
    /// A number of days of 24 hours.
    public static func days(_ count: Int) -> Duration { .seconds(count * 86_400) }
}

extension Int64 {
    fileprivate func addingSaturating(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other > 0 ? .max : .min) : sum
    }

    fileprivate func subtractingSaturating(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other > 0 ? .min : .max) : difference
    }

    fileprivate func multipliedSaturating(by other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
    }
}
