import Foundation
import Testing

@testable import TesseraPages

@Suite("Moments in words")
struct PageTimeTests {
    static let now: Int64 = 1_795_468_000

    @Test(
        "how long ago",
        arguments: [
            (0, "just now"), (59, "just now"), (60, "1 minute ago"), (119, "1 minute ago"), (120, "2 minutes ago"),
            (3599, "59 minutes ago"), (3600, "1 hour ago"), (86_399, "23 hours ago"), (86_400, "1 day ago"),
            (30 * 86_400, "30 days ago"), (31 * 86_400, "23 October 2026"), (-500, "just now"),
        ] as [(Int64, String)])
    func ago(seconds: Int64, text: String) {
        #expect(PageTime.ago(secondsSince1970: Self.now - seconds, now: Self.now).text == text)
    }

    @Test("dates agree with Foundation's calendar, day by day over four centuries and at the edges")
    func dates() {
        let format = Date.ISO8601FormatStyle()
        for seconds in stride(from: Int64(-2_208_988_800), to: 11_000_000_000, by: 86_400 * 13 + 4271) {
            let expected = Date(timeIntervalSince1970: Double(seconds)).formatted(format)
            #expect(PageTime.date(secondsSince1970: seconds).dateTime == expected)
        }
        for (seconds, expected) in [
            (Int64(951_782_400), "2000-02-29T00:00:00Z"), (951_868_800, "2000-03-01T00:00:00Z"),
            (4_107_456_000, "2100-02-28T00:00:00Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
            (13_574_563_200, "2400-02-29T00:00:00Z"), (13_574_649_600, "2400-03-01T00:00:00Z"),
        ] {
            #expect(PageTime.date(secondsSince1970: seconds).dateTime == expected)
        }
        #expect(PageTime.date(secondsSince1970: 1_709_164_800).text == "29 February 2024, 00:00 UTC")
        #expect(PageTime.date(secondsSince1970: 951_782_399).text == "28 February 2000, 23:59 UTC")
        #expect(PageTime.date(secondsSince1970: -1).dateTime == "1969-12-31T23:59:59Z")
    }

    @Test("moments out of range end at the years 1 and 9999", arguments: [Int64.min, Int64.max])
    func extremes(seconds: Int64) {
        let year = seconds < 0 ? "0001-01-01T00:00:00Z" : "9999-12-31T23:59:59Z"
        #expect(PageTime.date(secondsSince1970: seconds).dateTime == year)
        #expect(PageTime.ago(secondsSince1970: seconds, now: -seconds.clampedForTest).dateTime == year)
    }
}

extension Int64 {
    fileprivate var clampedForTest: Int64 { self == .min ? .min + 1 : self }
}
