import TesseraCore

/// One `Set-Cookie` header. The only place that writes them (contract 2.1).
struct SetCookie: Sendable, Equatable {
    let name: String
    private let value: String
    private let cookie: CookieSettings.Cookie
    private let maxAge: Int64?
    private let expires: Timestamp?

    /// Sets a cookie; without `expires` and `maxAge` it lives as long as the browser session.
    init(
        _ cookie: CookieSettings.Cookie, name: String? = nil, value: String, maxAge: Duration? = nil,
        expires: Timestamp? = nil
    ) {
        self.name = name ?? cookie.name
        self.value = value
        self.cookie = cookie
        self.maxAge = maxAge?.wholeSeconds
        self.expires = expires
    }

    /// Deletes a cookie: empty, `Max-Age=0`, the attributes under which it was set.
    init(deleting cookie: CookieSettings.Cookie, name: String? = nil) {
        self.init(cookie, name: name, value: "", maxAge: .zero)
    }

    /// Whether this deletes the cookie.
    var isDeletion: Bool { maxAge == 0 }

    /// The header's value, attributes in the order of the contract.
    var header: String {
        var header = name + "=" + PercentEncoding.encode(value)
        if let maxAge { header += "; Max-Age=\(maxAge)" }
        if let domain = cookie.domain { header += "; Domain=" + domain }
        if let path = cookie.path { header += "; Path=" + path }
        if let expires { header += "; Expires=" + expires.httpDate }
        if cookie.httpOnly { header += "; HttpOnly" }
        if cookie.secure { header += "; Secure" }
        if let sameSite = cookie.sameSite { header += "; SameSite=" + sameSite.rawValue }
        return header
    }
}
