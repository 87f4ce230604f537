/// The rules for where a user may be sent after signing in or out (contract 1.2, 1.3 and 4.6).
public enum CallbackURL {
    /// Whether a value may be given as callback URL at all: a path, or an absolute `http` or `https` URL.
    ///
    /// `base` is what a path is resolved against. `foo` and `javascript:…` are not acceptable.
    public static func isAcceptable(_ value: String) -> Bool {
        if value.utf8.first == UInt8(ascii: "/") { return isPath(value) }
        return WebURL(value) != nil
    }

    /// Where a value leads: a path on our origin, a URL of our origin as it is, anything else to our origin itself.
    ///
    /// The answer always is an absolute URL of `origin`; a path that starts with two slashes stays a path.
    public static func resolve(_ value: String, origin: Origin) -> String {
        if value.utf8.first == UInt8(ascii: "/") {
            return isPath(value) ? "\(origin)\(value)" : "\(origin)"
        }
        if startsWithOrigin(value, origin) { return value }
        guard let url = WebURL(value), url.origin == origin else { return "\(origin)" }
        return value
    }

    /// Whether a value is a URL of the origin, written as we write it. Says what reading it would say, without: this is
    /// asked of a cookie on every request.
    private static func startsWithOrigin(_ value: String, _ origin: Origin) -> Bool {
        let text = origin.description.utf8
        guard value.utf8.count <= 8192, value.utf8.starts(with: text) else { return false }
        let rest = value.utf8.dropFirst(text.count)
        return rest.isEmpty || rest.first == UInt8(ascii: "/") && rest.allSatisfy(WebURL.isAllowed)
    }

    private static func isPath(_ value: String) -> Bool {
        value.utf8.count <= 8192 && value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }
    }
}
