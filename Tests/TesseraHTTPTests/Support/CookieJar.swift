import TesseraCore

/// What a browser keeps of cookies (RFC 6265, section 5.3), for one site: names, values and when they end.
struct CookieJar: Sendable {
    private var cookies: [(name: String, value: String, expires: Timestamp?, isCrossSite: Bool)] = []

    /// What of it goes along with a form that another site posts.
    var crossSite: CookieJar {
        var jar = CookieJar()
        jar.cookies = cookies.filter(\.isCrossSite)
        return jar
    }

    /// Takes over what a response sets. `Max-Age` counts before `Expires`; what lies in the past deletes.
    mutating func take(_ lines: [SetCookieLine], now: Timestamp) {
        for line in lines {
            let isCrossSite = line.attributes["samesite"] == "None" && line.attributes["secure"] != nil
            var expires = line.attributes["expires"].flatMap { Self.moment($0) }
            if let seconds = line.maxAge { expires = now + .seconds(seconds) }
            let index = cookies.firstIndex { $0.name == line.name }
            if let expires, expires <= now {
                if let index { cookies.remove(at: index) }
            } else if let index {
                cookies[index] = (line.name, line.value, expires, isCrossSite)
            } else {
                cookies.append((line.name, line.value, expires, isCrossSite))
            }
        }
    }

    /// The value of the `Cookie` header; `nil` where there is nothing to send.
    func header(now: Timestamp) -> String? {
        let alive = cookies.filter { $0.expires.map { $0 > now } ?? true }
        return alive.isEmpty ? nil : alive.map { "\($0.name)=\($0.value)" }.joined(separator: "; ")
    }

    subscript(name: String) -> String? {
        get { cookies.first { $0.name == name }?.value }
        set {
            cookies.removeAll { $0.name == name }
            if let newValue { cookies.append((name, newValue, nil, false)) }
        }
    }

    var names: [String] { cookies.map(\.name) }

    /// `nil` where the cookie lives as long as the browser session.
    func expiry(of name: String) -> Timestamp? { cookies.first { $0.name == name }?.expires }

    /// Reads `Sat, 31 Jan 2026 12:00:00 GMT`.
    static func moment(_ text: String) -> Timestamp? {
        let parts = text.split { $0 == " " || $0 == ":" }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard parts.count == 8, parts[7] == "GMT", let day = Int64(parts[1]),
            let month = months.firstIndex(of: String(parts[2])), let year = Int64(parts[3]),
            let hour = Int64(parts[4]), let minute = Int64(parts[5]), let second = Int64(parts[6])
        else { return nil }
        // Days since 1970-01-01, the year beginning in March.
        let shiftedMonth = Int64((month + 10) % 12)
        let shiftedYear = month < 2 ? year - 1 : year
        let days = shiftedYear * 365 + shiftedYear / 4 - shiftedYear / 100 + shiftedYear / 400
        let day0 = days + (shiftedMonth * 306 + 5) / 10 + day - 1 - 719_468
        return Timestamp(seconds: day0 * 86_400 + hour * 3600 + minute * 60 + second)
    }
}
