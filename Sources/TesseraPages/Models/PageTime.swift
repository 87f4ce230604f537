/// A moment as a page shows it: in words, and for machines in the `datetime` of a `time` element.
package struct PageTime: Sendable, Equatable {
    /// In words.
    package var text: String
    /// As HTML's `datetime` has it: `2026-11-23T21:05:00Z`.
    package var dateTime: String

    /// A moment whose words the caller chooses.
    package init(text: String, dateTime: String) {
        self.text = text
        self.dateTime = dateTime
    }

    /// How long ago a moment was, seen from `now`: up to 30 days in minutes, hours or days, then the date. A moment
    /// that lies ahead, which clock skew can bring about, is 'just now'. Both in seconds since 1970, UTC.
    package static func ago(secondsSince1970 seconds: Int64, now: Int64) -> PageTime {
        let dateTime = PageDate(secondsSince1970: seconds)
        let minutes = (now.clamped - seconds.clamped) / 60
        let text =
            switch minutes {
            case ..<1: "just now"
            case 1..<60: counted(minutes, "minute")
            case 60..<(24 * 60): counted(minutes / 60, "hour")
            case (24 * 60)...(30 * 24 * 60): counted(minutes / (24 * 60), "day")
            default: dateTime.day
            }
        return PageTime(text: text, dateTime: dateTime.machine)
    }

    /// A moment as date and time of day, UTC. In seconds since 1970.
    package static func date(secondsSince1970 seconds: Int64) -> PageTime {
        let dateTime = PageDate(secondsSince1970: seconds)
        return PageTime(text: "\(dateTime.day), \(dateTime.time) UTC", dateTime: dateTime.machine)
    }

    private static func counted(_ number: Int64, _ unit: String) -> String {
        "\(number) \(unit)\(number == 1 ? "" : "s") ago"
    }
}

extension Int64 {
    /// Within the years 1 to 9999, which are all that HTML's `datetime` and a reader can use.
    fileprivate var clamped: Int64 {
        Swift.min(Swift.max(self, -62_135_596_800), 253_402_300_799)
    }
}

/// A date of the Gregorian calendar, UTC.
private struct PageDate {
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    private let year: Int64
    private let month: Int64
    private let dayOfMonth: Int64
    private let secondOfDay: Int64

    init(secondsSince1970 seconds: Int64) {
        let length: Int64 = 86_400
        let seconds = seconds.clamped
        secondOfDay = (seconds % length + length) % length
        // Days since 1 March of the year 0, so that the leap day ends a year; then the 400-year cycle of
        // 146,097 days, and months of 153 days in five.
        let day = (seconds - secondOfDay) / length + 719_468
        let cycle = day / 146_097
        let dayOfCycle = day % 146_097
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
    }

    /// `23 November 2026`.
    var day: String { "\(dayOfMonth) \(Self.months[Int(month) - 1]) \(year)" }

    /// `21:05`.
    var time: String { "\(Self.padded(secondOfDay / 3600, 2)):\(Self.padded(secondOfDay / 60 % 60, 2))" }

    /// `2026-11-23T21:05:00Z`.
    var machine: String {
        let date = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(dayOfMonth, 2))"
        return "\(date)T\(time):\(Self.padded(secondOfDay % 60, 2))Z"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
