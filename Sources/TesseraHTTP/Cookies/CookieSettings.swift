/// The names and attributes of the cookies (contract 2.1, 2.6).
public struct CookieSettings: Sendable, Hashable {
    public var sessionToken: Cookie
    public var callbackURL: Cookie
    public var csrfToken: Cookie
    public var pkceCodeVerifier: Cookie
    public var state: Cookie
    public var nonce: Cookie

    /// One cookie's name and attributes (RFC 6265bis).
    public struct Cookie: Sendable, Hashable {
        public var name: String
        public var httpOnly: Bool
        public var sameSite: SameSite?
        public var path: String?
        public var domain: String?
        public var secure: Bool
        /// How long a check cookie lives; of no effect on the others.
        public var maxAge: Duration?

        public init(
            name: String, httpOnly: Bool = false, sameSite: SameSite? = nil, path: String? = nil, domain: String? = nil,
            secure: Bool = false, maxAge: Duration? = nil
        ) {
            self.name = name
            self.httpOnly = httpOnly
            self.sameSite = sameSite
            self.path = path
            self.domain = domain
            self.secure = secure
            self.maxAge = maxAge
        }
    }

    /// The `SameSite` attribute.
    public enum SameSite: String, Sendable, Hashable, CaseIterable {
        case strict = "Strict"
        case lax = "Lax"
        case none = "None"
    }

    /// The default cookies: `__Secure-` and `__Host-` names and `Secure` where the site is served over https.
    public static func standard(secure: Bool) -> CookieSettings {
        func cookie(_ name: String, prefix: String = "__Secure-", maxAge: Duration? = nil) -> Cookie {
            Cookie(
                name: (secure ? prefix : "") + "next-auth." + name, httpOnly: true, sameSite: .lax, path: "/",
                secure: secure, maxAge: maxAge)
        }
        return CookieSettings(
            sessionToken: cookie("session-token"), callbackURL: cookie("callback-url"),
            csrfToken: cookie("csrf-token", prefix: "__Host-"),
            pkceCodeVerifier: cookie("pkce.code_verifier", maxAge: .seconds(900)),
            state: cookie("state", maxAge: .seconds(900)), nonce: cookie("nonce", maxAge: .seconds(900)))
    }

    private var all: [(key: String, cookie: Cookie)] {
        [
            ("sessionToken", sessionToken), ("callbackUrl", callbackURL), ("csrfToken", csrfToken),
            ("pkceCodeVerifier", pkceCodeVerifier), ("state", state), ("nonce", nonce),
        ]
    }

    /// What browsers would refuse, in words (RFC 6265bis, section 4.1.3); empty when the settings can be used.
    public var problems: [String] {
        all.flatMap { key, cookie in cookie.problems.map { "cookies.\(key): \($0)" } } + repeatedNames
    }

    private var repeatedNames: [String] {
        let names = all.map(\.cookie.name)
        return Set(names).count == names.count ? [] : ["cookies: two cookies have the same name"]
    }
}

extension CookieSettings.Cookie {
    var problems: [String] {
        var problems: [String] = []
        if name.isEmpty || !name.utf8.allSatisfy(Self.isTokenByte) {
            problems.append("the name \"\(name)\" is not a cookie name (letters, digits and !#$%&'*+-.^_`|~)")
        }
        if name.hasPrefix("__Secure-"), !secure { problems.append("a __Secure- name needs the secure attribute") }
        if name.hasPrefix("__Host-"), !secure || domain != nil || path != "/" {
            problems.append("a __Host- name needs the secure attribute, the path / and no domain")
        }
        if sameSite == CookieSettings.SameSite.none, !secure {
            problems.append("sameSite None needs the secure attribute")
        }
        for value in [path, domain].compactMap({ $0 }) where !value.utf8.allSatisfy(Self.isAttributeByte) {
            problems.append("path and domain may not contain ; or control characters")
        }
        return problems
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    private static func isAttributeByte(_ byte: UInt8) -> Bool {
        (0x20...0x7E).contains(byte) && byte != UInt8(ascii: ";")
    }
}
