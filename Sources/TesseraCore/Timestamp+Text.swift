/// A moment's date and time of day in UTC, in the calendar that RFC 3339 uses.
private struct CivilTime {
    let year: Int64
    let month: Int64
    let day: Int64
    /// 0 is Sunday.
    let weekday: Int64
    let secondOfDay: Int64

    /// Days are counted from 1 March of year 0, so that the leap day is a year's last.
    init(_ moment: Timestamp) {
        let seconds = moment.seconds
        let days = seconds >= 0 ? seconds / 86_400 : -((86_399 - seconds) / 86_400)
        secondOfDay = seconds - days * 86_400
        weekday = ((days + 4) % 7 + 7) % 7
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}

extension Timestamp {
    /// `2026-01-31T12:00:00.000Z` (RFC 3339), as JavaScript's `toISOString` writes it.
    public var iso8601: String {
        let moment = withinFourDigitYears
        let civil = CivilTime(moment)
        let millisecond = moment.milliseconds - moment.seconds * 1000
        var text: [UInt8] = []
        text.reserveCapacity(24)
        text.append(civil.year, digits: 4)
        text.append(UInt8(ascii: "-"))
        text.append(civil.month, digits: 2)
        text.append(UInt8(ascii: "-"))
        text.append(civil.day, digits: 2)
        text.append(UInt8(ascii: "T"))
        text.appendTime(civil.secondOfDay)
        text.append(UInt8(ascii: "."))
        text.append(millisecond, digits: 3)
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    /// `Sat, 31 Jan 2026 12:00:00 GMT` (RFC 9110, section 5.6.7).
    public var httpDate: String {
        let civil = CivilTime(withinFourDigitYears)
        var text = Array(Self.weekdays[Int(civil.weekday)].utf8)
        text.append(contentsOf: ", ".utf8)
        text.append(civil.day, digits: 2)
        text.append(contentsOf: Self.months[Int(civil.month) - 1].utf8)
        text.append(civil.year, digits: 4)
        text.append(UInt8(ascii: " "))
        text.appendTime(civil.secondOfDay)
        text.append(contentsOf: " GMT".utf8)
        return String(decoding: text, as: UTF8.self)
    }

    /// Both notations have four digits for the year: what lies beyond is written as the first or the last moment.
    private var withinFourDigitYears: Timestamp {
        Timestamp(milliseconds: min(max(milliseconds, -62_167_219_200_000), 253_402_300_799_999))
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        " Jan ", " Feb ", " Mar ", " Apr ", " May ", " Jun ", " Jul ", " Aug ", " Sep ", " Oct ", " Nov ", " Dec ",
    ]
}

extension [UInt8] {
    fileprivate mutating func append(_ number: Int64, digits: Int) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }

    fileprivate mutating func appendTime(_ secondOfDay: Int64) {
        append(secondOfDay / 3600, digits: 2)
        append(UInt8(ascii: ":"))
        append(secondOfDay / 60 % 60, digits: 2)
        append(UInt8(ascii: ":"))
        append(secondOfDay % 60, digits: 2)
    }
}
