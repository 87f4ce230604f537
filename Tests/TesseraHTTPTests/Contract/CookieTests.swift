import HTTPTypes
import JSON
import Tessera
import TesseraTestKit
import Testing

@testable import TesseraHTTP

@Suite("Contract 10: cookies")
struct CookieTests {
    private static let secureURL = URLSource.configured(
        PublicURL("https://example.com") ?? PublicURL(origin: Origin(localhostPort: 1)))

    @Test("40 With an https base, names are __Secure- and __Host-, and cookies are Secure")
    func secure() async throws {
        try await withSite({ $0.url = Self.secureURL }) { site in
            var browser = site.browser()
            let first = try await browser.get("csrf")
            let csrf = try #require(first.setCookie("__Host-next-auth.csrf-token"))
            #expect(csrf.order == ["Path", "HttpOnly", "Secure", "SameSite"])
            #expect(csrf.attributes["path"] == "/")
            let callback = try #require(first.setCookie("__Secure-next-auth.callback-url"))
            #expect(callback.order == ["Path", "HttpOnly", "Secure", "SameSite"])
            let signedIn = try await browser.signIn()
            let session = try #require(signedIn.setCookie("__Secure-next-auth.session-token"))
            #expect(session.order == ["Path", "Expires", "HttpOnly", "Secure", "SameSite"])
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("41 With an http base, names are plain and nothing is Secure")
    func plain() async throws {
        try await withSite { site in
            var browser = site.browser()
            let replies = [try await browser.get("csrf"), try await browser.signIn()]
            let cookies = replies.flatMap(\.setCookies)
            #expect(
                Set(cookies.map(\.name)) == [Site.csrfCookie, Site.callbackCookie, Site.sessionCookie])
            #expect(cookies.allSatisfy { $0.attributes["secure"] == nil && $0.attributes["domain"] == nil })
            #expect(cookies.allSatisfy { $0.attributes["samesite"] == "Lax" && $0.attributes["httponly"] != nil })
        }
    }

    @Test("42 useSecureCookies overrides the detection both ways", arguments: [true, false])
    func override(secure: Bool) async throws {
        try await withSite({
            $0.useSecureCookies = secure
            if !secure { $0.url = Self.secureURL }
        }) { site in
            var browser = site.browser()
            let reply = try await browser.get("csrf")
            #expect(reply.setCookies.allSatisfy { ($0.attributes["secure"] != nil) == secure })
            #expect(reply.setCookies.contains { $0.name == Site.csrfCookie } == !secure)
        }
    }

    @Test("43 The session cookie has Expires and no Max-Age")
    func sessionExpires() async throws {
        try await withSite { site in
            var browser = site.browser()
            let reply = try await browser.signIn()
            let session = try #require(reply.setCookie(Site.sessionCookie))
            #expect(session.order == ["Path", "Expires", "HttpOnly", "SameSite"])
            #expect(session.attributes["expires"] == (site.clock.now + .days(14)).httpDate)
            #expect(browser.jar.expiry(of: Site.sessionCookie) == site.clock.now + .days(14))
        }
    }

    @Test("44 A deletion is the empty value, Max-Age=0 and the cookie's attributes, no Expires")
    func deletion() async throws {
        try await withSite { site in
            var browser = site.browser()
            try await browser.signIn()
            let reply = try await browser.signOut()
            #expect(
                reply.setCookie(Site.sessionCookie)?.text
                    == "next-auth.session-token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax")
            #expect(browser.token == nil)
        }
    }

    @Test("45 state and PKCE have Max-Age=900 and Expires, the nonce only Expires")
    func checkCookies() async throws {
        try await withSite({ $0.providers = [.redirecting(Elsewhere())] }) { site in
            var browser = site.browser()
            let reply = try await browser.post("signin/elsewhere", ["csrfToken": browser.csrf()])
            let expires = (site.clock.now + .seconds(900)).httpDate
            for (name, hasMaxAge) in [("state", true), ("pkce.code_verifier", true), ("nonce", false)] {
                let cookie = try #require(reply.setCookies.first { $0.name.hasPrefix("next-auth.\(name).") })
                #expect(cookie.attributes["max-age"] == (hasMaxAge ? "900" : nil))
                #expect(cookie.attributes["expires"] == expires)
                #expect(cookie.attributes["httponly"] != nil)
            }
        }
    }

    @Test(
        "46 A maxAge of the state or PKCE cookie changes Max-Age, Expires and the sealed exp",
        arguments: [SignInCheck.state, .pkceCodeVerifier])
    func checkCookieLifetime(check: SignInCheck) async throws {
        let short = CookieSettings.Cookie(name: "my-check", path: "/", maxAge: .seconds(60))
        try await withSite({
            $0.providers = [.redirecting(Elsewhere())]
            if check == .state { $0.cookies.state = short } else { $0.cookies.pkceCodeVerifier = short }
        }) { site in
            var browser = site.browser()
            let reply = try await browser.post("signin/elsewhere", ["csrfToken": browser.csrf()])
            let cookie = try #require(reply.setCookies.first { $0.name.hasPrefix("my-check.") })
            #expect(cookie.attributes["max-age"] == "60")
            #expect(cookie.attributes["expires"] == (site.clock.now + .seconds(60)).httpDate)
            let claims = try openedClaims(cookie.value, salt: cookie.name)
            #expect(claims["exp"]?.integer == site.clock.now.seconds + 60)
            #expect(claims["provider"]?.string == "elsewhere")
            var late = browser
            site.clock.advance(.seconds(60 + 15))
            let refused = try await late.get("callback/elsewhere?state=\(Elsewhere.state)")
            #expect(refused.location == "\(Site.base)/error?error=OAuthCallback")
        }
    }

    @Test("47 An overridden cookie replaces all attributes")
    func overriddenCookie() async throws {
        try await withSite({ $0.cookies.csrfToken = CookieSettings.Cookie(name: "csrf", path: "/x") }) { site in
            var browser = site.browser()
            let cookie = try #require(try await browser.get("csrf").setCookie("csrf"))
            #expect(cookie.order == ["Path"])
            #expect(cookie.attributes["path"] == "/x")
            #expect(try await browser.signIn().status == 200)
        }
    }

    @Test("47 All attributes are written in the order of the contract")
    func attributeOrder() async throws {
        try await withSite({
            $0.cookies.sessionToken = CookieSettings.Cookie(
                name: "sid", httpOnly: true, sameSite: .strict, path: "/p", domain: ".example.com", secure: true)
        }) { site in
            var browser = site.browser()
            let cookie = try #require(try await browser.signIn().setCookie("sid"))
            #expect(cookie.order == ["Domain", "Path", "Expires", "HttpOnly", "Secure", "SameSite"])
            #expect(cookie.attributes["samesite"] == "Strict")
        }
    }

    @Test("53 The domain of a cookie is repeated on its deletion")
    func domainOnDeletion() async throws {
        try await withSite({
            $0.cookies.sessionToken = CookieSettings.Cookie(
                name: Site.sessionCookie, httpOnly: true, sameSite: .lax, path: "/", domain: ".example.com")
        }) { site in
            var browser = site.browser()
            try await browser.signIn()
            let reply = try await browser.signOut()
            #expect(
                reply.setCookie(Site.sessionCookie)?.text
                    == "next-auth.session-token=; Max-Age=0; Domain=.example.com; Path=/; HttpOnly; SameSite=Lax")
        }
    }

    @Test("67 A cookie's value may be quoted or percent-encoded; of two with a name the first counts")
    func reading() {
        var headers: HTTPFields = [:]
        headers[.cookie] = "a=1; b=\"two\"; a=3; c=%7C%zz; d=x%20y; =5; e; f==; g= h "
        let cookies = RequestCookies(headers)
        #expect(cookies["a"] == "1")
        #expect(cookies["b"] == "two")
        #expect(cookies["c"] == "%7C%zz")
        #expect(cookies["d"] == "x y")
        #expect(cookies["e"] == nil)
        #expect(cookies["f"] == "=")
        #expect(cookies["g"] == "h")
    }
}

@Suite("Contract 10: the session cookie in chunks")
struct SessionCookieTests {
    private let cookie = SessionCookie(
        cookie: CookieSettings.Cookie(name: "s", httpOnly: true, sameSite: .lax, path: "/"))
    private let expires = Timestamp(seconds: 1_900_000_000)

    private func cookies(_ header: String) -> RequestCookies {
        var headers: HTTPFields = [:]
        headers[.cookie] = header
        return RequestCookies(headers)
    }

    private func written(_ length: Int, over header: String = "") -> [SetCookieLine] {
        cookie.write(String(repeating: "x", count: length), expires: expires, replacing: cookies(header))
            .map { SetCookieLine($0.header) }
    }

    @Test(
        "48 3933 characters are one cookie, 3934 are .0 and .1",
        arguments: [
            (1, [("s", 1)]), (3933, [("s", 3933)]), (3934, [("s.0", 3933), ("s.1", 1)]),
            (8215, [("s.0", 3933), ("s.1", 3933), ("s.2", 349)]), (7866, [("s.0", 3933), ("s.1", 3933)]),
        ])
    func sizes(length: Int, expected: [(String, Int)]) {
        let lines = written(length)
        #expect(lines.map(\.name) == expected.map(\.0))
        #expect(lines.map(\.value.count) == expected.map(\.1))
        #expect(Set(lines.map { $0.attributes }).count == 1)
    }

    @Test("49 Changing its length, a token leaves nothing of the one before")
    func replacing() {
        let toChunks = written(4000, over: "s=old; other=1")
        #expect(toChunks.map(\.name) == ["s.0", "s.1", "s"])
        #expect(toChunks[2].isDeletion)
        let toPlain = written(10, over: "s.0=a; s.1=b")
        #expect(toPlain.map(\.name) == ["s", "s.0", "s.1"])
        #expect(toPlain[1].isDeletion && toPlain[2].isDeletion)
        let shorter = written(4000, over: "s.0=a; s.1=b; s.2=c")
        #expect(shorter.map(\.name) == ["s.0", "s.1", "s.2"])
        #expect(shorter.map(\.isDeletion) == [false, false, true])
        #expect(written(10, over: "s-v2=1; s.x=2; sx=3; s.=4; s.1a=5").map(\.name) == ["s"])
    }

    @Test("50 12 chunks reassemble in numeric order, whatever the order of the header")
    func reassembly() {
        let token = String((0..<43_268).map { Character(UnicodeScalar(UInt8(97 + $0 / 100 % 26))) })
        let lines = cookie.write(token, expires: expires, replacing: cookies("")).map { SetCookieLine($0.header) }
        #expect(lines.count == 12)
        for order in [lines, lines.reversed(), lines.sorted { $0.name < $1.name }] {
            #expect(cookie.read(cookies(order.map { "\($0.name)=\($0.value)" }.joined(separator: "; "))) == token)
        }
    }

    @Test("50 Only the exact names are read; chunks without a gap count before the plain cookie (deviation)")
    func exactNames() {
        #expect(cookie.read(cookies("s.1=B; s.0=A; s=STALE; s-v2=OTHER")) == "AB")
        #expect(cookie.read(cookies("s.1=B; s=PLAIN")) == "PLAIN")
        #expect(cookie.read(cookies("s.0=A; s.2=C")) == "A")
        #expect(cookie.read(cookies("sx=1; s-v2=2")) == nil)
        #expect(cookie.read(cookies("s.00=A; s.01=B")) == nil)
    }

    @Test("51 Clearing deletes every chunk that is there")
    func clearing() {
        let lines = cookie.clear(cookies("s=1; s.0=2; s.7=3; s.07=4; sx=5; s.a=6")).map { SetCookieLine($0.header) }
        #expect(lines.map(\.name) == ["s", "s.0", "s.7", "s.07"])
        #expect(lines.allSatisfy { $0.isDeletion && $0.attributes["expires"] == nil })
    }

    @Test("52 An empty new value is deletions only")
    func empty() {
        let lines = written(0, over: "s.0=a; s.1=b")
        #expect(lines.map(\.name) == ["s.0", "s.1"])
        #expect(lines.allSatisfy { $0.isDeletion })
        #expect(written(0).isEmpty)
    }

    @Test("Many cookies cost no more than few: what comes after the first 500 is not read")
    func manyCookies() {
        let many = (0..<20_000).map { "c\($0)=1" }.joined(separator: ";")
        #expect(cookie.read(cookies("s=token; " + many)) == "token")
        #expect(cookie.read(cookies(many + "; s=token")) == nil)
    }
}
