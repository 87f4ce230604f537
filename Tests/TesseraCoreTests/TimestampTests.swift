import TesseraCore
import Testing

@Suite("A moment")
struct TimestampTests {
    @Test(
        "counts whole seconds downwards, before 1970 too",
        arguments: [
            (0, 0), (1, 0), (999, 0), (1000, 1), (1999, 1), (-1, -1), (-999, -1), (-1000, -1), (-1001, -2),
            (Int64.max, 9_223_372_036_854_775), (Int64.min, -9_223_372_036_854_776),
        ] as [(Int64, Int64)])
    func seconds(milliseconds: Int64, seconds: Int64) {
        #expect(Timestamp(milliseconds: milliseconds).seconds == seconds)
    }

    @Test("of a second is its start, and stays within what can be represented")
    func ofSeconds() {
        #expect(Timestamp(seconds: 1_700_000_000).milliseconds == 1_700_000_000_000)
        #expect(Timestamp(seconds: -3).milliseconds == -3000)
        #expect(Timestamp(seconds: .max).milliseconds == .max)
        #expect(Timestamp(seconds: .min).milliseconds == .min)
    }

    @Test("moves by durations to the millisecond, and saturates at both ends")
    func addition() {
        let moment = Timestamp(milliseconds: 5000)
        #expect(moment + .milliseconds(7) == Timestamp(milliseconds: 5007))
        #expect(moment - .milliseconds(7) == Timestamp(milliseconds: 4993))
        #expect(moment + .microseconds(1999) == Timestamp(milliseconds: 5001))
        #expect(moment - .seconds(6) == Timestamp(milliseconds: -1000))
        #expect(Timestamp(milliseconds: .max - 1) + .milliseconds(2) == Timestamp(milliseconds: .max))
        #expect(Timestamp(milliseconds: .min + 1) - .milliseconds(2) == Timestamp(milliseconds: .min))
        #expect(moment + .seconds(Int64.max) == Timestamp(milliseconds: .max))
        let before = Timestamp(milliseconds: -5000)
        #expect(before + .seconds(Int64.min) == Timestamp(milliseconds: .min))
        #expect(before - .seconds(Int64.max) == Timestamp(milliseconds: .min))
    }

    @Test("knows how long after another it is, with sign")
    func difference() {
        let (early, late) = (Timestamp(milliseconds: 1500), Timestamp(milliseconds: 4000))
        #expect(late - early == .milliseconds(2500))
        #expect(early - late == .milliseconds(-2500))
        #expect(early - early == .zero)
        #expect(Timestamp(milliseconds: .max) - Timestamp(milliseconds: -1) == .milliseconds(Int64.max))
        #expect(Timestamp(milliseconds: .min) - Timestamp(milliseconds: 1) == .milliseconds(Int64.min))
    }

    @Test("and another, or a duration, can be as far apart as can be written, without a crash")
    func farthestDifference() async {
        // In a process of its own, because an arithmetic overflow would end all tests.
        await #expect(processExitsWith: .success) {
            let (first, last) = (Timestamp(milliseconds: .min), Timestamp(milliseconds: .max))
            precondition(last - first == .milliseconds(Int64.max))
            precondition(first - last == .milliseconds(Int64.min))
            precondition(first - first == .zero)
            precondition(Timestamp(milliseconds: -1) - first == .milliseconds(Int64.max))
            precondition(Timestamp(milliseconds: 0) - Duration.seconds(Int64.min) == last)
        }
    }

    @Test("is ordered as time is")
    func order() {
        let moments = [Int64.min, -1, 0, 1, .max].map(Timestamp.init(milliseconds:))
        #expect(moments.shuffled().sorted() == moments)
    }
}

@Suite("A duration")
struct DurationTests {
    @Test(
        "in milliseconds is rounded towards zero and saturates",
        arguments: [
            (.zero, 0), (.microseconds(999), 0), (.microseconds(-999), 0), (.microseconds(1000), 1),
            (.microseconds(-1001), -1), (.seconds(1) + .nanoseconds(999_999), 1000), (.seconds(-2), -2000),
            (.milliseconds(Int64.max), .max), (.milliseconds(Int64.min), .min), (.seconds(Int64.max), .max),
            (.seconds(Int64.min), .min),
        ] as [(Duration, Int64)])
    func milliseconds(duration: Duration, milliseconds: Int64) {
        #expect(duration.milliseconds == milliseconds)
    }

    @Test("in whole seconds is rounded towards zero")
    func wholeSeconds() {
        #expect(Duration.milliseconds(1999).wholeSeconds == 1)
        #expect(Duration.milliseconds(-1999).wholeSeconds == -1)
        #expect(Duration.milliseconds(999).wholeSeconds == 0)
    }

    @Test("of minutes, hours and days has their length")
    func units() {
        #expect(Duration.minutes(5) == .seconds(300))
        #expect(Duration.hours(12) == .seconds(43_200))
        #expect(Duration.days(30) == .seconds(2_592_000))
        #expect(Duration.days(-1) == .hours(-24))
    }
}
