import TesseraCore
import Testing

@Suite("A moment as text")
struct TimestampTextTests {
    @Test(
        "is a date and time of day, in RFC 3339 and in HTTP",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            (999, "1970-01-01T00:00:00.999Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            (1000, "1970-01-01T00:00:01.000Z", "Thu, 01 Jan 1970 00:00:01 GMT"),
            (-1, "1969-12-31T23:59:59.999Z", "Wed, 31 Dec 1969 23:59:59 GMT"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z", "Mon, 28 Feb 2000 23:59:59 GMT"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z", "Tue, 29 Feb 2000 00:00:00 GMT"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z", "Wed, 01 Mar 2000 00:00:00 GMT"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z", "Thu, 29 Feb 2024 00:00:00 GMT"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z", "Thu, 29 Feb 2024 23:59:59 GMT"),
            (1_709_251_200_000, "2024-03-01T00:00:00.000Z", "Fri, 01 Mar 2024 00:00:00 GMT"),
            (4_107_542_399_000, "2100-02-28T23:59:59.000Z", "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z", "Mon, 01 Mar 2100 00:00:00 GMT"),
            (13_574_649_599_000, "2400-02-29T23:59:59.000Z", "Tue, 29 Feb 2400 23:59:59 GMT"),
            (1_767_225_599_999, "2025-12-31T23:59:59.999Z", "Wed, 31 Dec 2025 23:59:59 GMT"),
            (1_767_225_600_000, "2026-01-01T00:00:00.000Z", "Thu, 01 Jan 2026 00:00:00 GMT"),
            (1_769_860_800_000, "2026-01-31T12:00:00.000Z", "Sat, 31 Jan 2026 12:00:00 GMT"),
            (784_111_777_000, "1994-11-06T08:49:37.000Z", "Sun, 06 Nov 1994 08:49:37 GMT"),
            (-2_208_988_800_000, "1900-01-01T00:00:00.000Z", "Mon, 01 Jan 1900 00:00:00 GMT"),
            (-62_135_596_800_000, "0001-01-01T00:00:00.000Z", "Mon, 01 Jan 0001 00:00:00 GMT"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z", "Fri, 31 Dec 9999 23:59:59 GMT"),
            (1_800_000_000_123, "2027-01-15T08:00:00.123Z", "Fri, 15 Jan 2027 08:00:00 GMT"),
            (-12_219_292_800_000, "1582-10-15T00:00:00.000Z", "Fri, 15 Oct 1582 00:00:00 GMT"),
        ] as [(Int64, String, String)])
    func text(milliseconds: Int64, iso8601: String, httpDate: String) {
        let moment = Timestamp(milliseconds: milliseconds)
        #expect(moment.iso8601 == iso8601)
        #expect(moment.httpDate == httpDate)
    }

    @Test("goes on from day to day, through every month and leap year, for 400 years")
    func everyDay() throws {
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        var day = 0
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        for year in 1970..<2370 {
            let isLeap = year.isMultiple(of: 4) && !year.isMultiple(of: 100) || year.isMultiple(of: 400)
            for (month, length) in lengths.enumerated() {
                let last = month == 1 && isLeap ? 29 : length
                // The ends of each month show a day too many or too few.
                for (number, offset) in [(1, 0), (last, last - 1)] {
                    let moment = Timestamp(seconds: Int64(day + offset) * 86_400)
                    try #require(moment.iso8601 == "\(year)-\(two(month + 1))-\(two(number))T00:00:00.000Z")
                    try #require(moment.httpDate.hasPrefix("\(weekdays[(day + offset) % 7]), \(two(number)) "))
                }
                day += last
            }
        }
    }

    @Test("can be of any moment without a crash")
    func extremes() async {
        await #expect(processExitsWith: .success) {
            for milliseconds in [Int64.min, .min + 1, -62_135_596_800_001, 253_402_300_800_000, .max] {
                let moment = Timestamp(milliseconds: milliseconds)
                precondition(!moment.iso8601.isEmpty && !moment.httpDate.isEmpty)
            }
        }
    }
}
