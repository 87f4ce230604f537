import HTTPTypes
import JOSE
import JSON
import Synchronization
import Tessera
import TesseraTestKit
import Testing

@Suite("Contract 10: CSRF and callback URL")
struct CSRFTests {
    @Test("23 The first GET csrf sets both cookies, exactly so")
    func firstRequest() async throws {
        try await withSite { site in
            var browser = site.browser()
            let reply = try await browser.get("csrf")
            let token = try #require(try reply.json["csrfToken"]?.string)
            #expect(token.count == 64)
            #expect(token.allSatisfy { $0.isHexDigit && !$0.isUppercase })
            #expect(reply.setCookies.count == 2)
            let csrf = try #require(reply.setCookie(Site.csrfCookie))
            #expect(csrf.text == "next-auth.csrf-token=\(csrf.value); Path=/; HttpOnly; SameSite=Lax")
            #expect(
                reply.setCookie(Site.callbackCookie)?.text
                    == "next-auth.callback-url=http%3A%2F%2Flocalhost%3A3000; Path=/; HttpOnly; SameSite=Lax")
        }
    }

    @Test("24 The second GET csrf gives the same token and sets nothing")
    func secondRequest() async throws {
        try await withSite { site in
            var browser = site.browser()
            let token = try await browser.csrf()
            let second = try await browser.get("csrf")
            #expect(try second.json["csrfToken"]?.string == token)
            #expect(second.setCookies.isEmpty)
        }
    }

    @Test("25 The cookie is token|sha256hex(token+secret), sent with %7C")
    func cookieValue() async throws {
        try await withSite { site in
            var browser = site.browser()
            let token = try await browser.csrf()
            let hash = Hex.encode(try SHA256.hash(token + Site.secret))
            #expect(browser.jar[Site.csrfCookie] == "\(token)%7C\(hash)")
        }
    }

    @Test(
        "26 A tampered cookie gets a new token and cookie",
        arguments: ["hash", "token", "no hash", "empty", "other secret"])
    func tampered(how: String) async throws {
        try await withSite { site in
            var browser = site.browser()
            let token = try await browser.csrf()
            let hash = Hex.encode(try SHA256.hash(token + Site.secret))
            let forged = Hex.encode(try SHA256.hash(token + "another secret"))
            browser.jar[Site.csrfCookie] =
                switch how {
                case "hash": "\(token)%7C\(hash.dropLast())0x"
                case "token": "a\(token)%7C\(hash)"
                case "no hash": token
                case "other secret": "\(token)%7C\(forged)"
                default: ""
                }
            let reply = try await browser.get("csrf")
            #expect(reply.setCookie(Site.csrfCookie) != nil)
            #expect(try reply.json["csrfToken"]?.string != token)
        }
    }

    @Test("27, 28 POST signin without token, or of an unknown provider, leads to the sign-in page")
    func signInRefused() async throws {
        try await withSite { site in
            var browser = site.browser()
            let without = try await browser.post("signin/credentials")
            #expect(without.status == 302)
            #expect(without.location == "\(Site.base)/signin?csrf=true")
            let unknown = try await browser.post("signin/unknown", ["csrfToken": browser.csrf()])
            #expect(unknown.location == "\(Site.base)/signin?csrf=true")
            let credentials = try await browser.post("signin/credentials", ["csrfToken": browser.csrf()])
            #expect(credentials.location == "\(Site.base)/signin")
        }
    }

    @Test("27 POST signin without a provider leads to the sign-in page, with the token or without")
    func signInWithoutProvider() async throws {
        try await withSite { site in
            var browser = site.browser()
            for form: KeyValuePairs in [[:], ["csrfToken": try await browser.csrf()]] {
                let reply = try await browser.post("signin?callbackUrl=/dash", form)
                #expect(reply.status == 302)
                #expect(reply.location == "\(Site.base)/signin?csrf=true")
            }
            #expect(browser.jar[Site.callbackCookie] == "http%3A%2F%2Flocalhost%3A3000%2Fdash")
        }
    }

    @Test("29 POST signout without token asks first, and the session stays")
    func signOutRefused() async throws {
        try await withSite { site in
            var browser = site.browser()
            try await browser.signIn()
            for form: KeyValuePairs in [["json": "true"], ["json": "true", "csrfToken": "0"]] {
                let reply = try await browser.post("signout", form)
                #expect(reply.jsonURL == "\(Site.base)/signout?csrf=true")
                #expect(!reply.touchesSessionCookie)
            }
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("30 POST session without token gets 400 and {}")
    func updateRefused() async throws {
        let calls = Recorder<String?>()
        try await withSite({
            $0.callbacks.jwt = { request in
                calls.add(request.trigger?.rawValue)
                return request.token
            }
        }) { site in
            var browser = site.browser()
            try await browser.signIn()
            calls.removeAll()
            let reply = try await browser.post("session", ["data": "x"])
            #expect(reply.status == 400)
            #expect(reply.contentType == "application/json")
            #expect(reply.body == "{}")
            #expect(calls.values.isEmpty)
        }
    }

    @Test("31 POST callback/credentials without token leads to the sign-in page; authorize is not asked")
    func callbackRefused() async throws {
        let calls = Recorder<String>()
        try await withSite({
            $0.providers = [
                .credentials { credentials, _ in
                    calls.add(credentials["username"] ?? "")
                    return UserProfile(id: "1")
                }
            ]
        }) { site in
            var browser = site.browser()
            let reply = try await browser.post("callback/credentials", ["username": "alice"])
            #expect(reply.location == "\(Site.base)/signin?csrf=true")
            var other = site.browser()
            let foreign = try await other.csrf()
            try await browser.get("csrf")
            try await browser.post("callback/credentials", ["username": "alice", "csrfToken": foreign])
            #expect(calls.values.isEmpty)
            #expect(try await !browser.isSignedIn())
        }
    }

    @Test("32 POST callback of a redirecting provider needs no CSRF token")
    func redirectingCallback() async throws {
        try await withSite({ $0.providers = [.redirecting(Elsewhere())] }) { site in
            var browser = site.browser()
            let begin = try await browser.post("signin/elsewhere", ["csrfToken": browser.csrf()])
            let state = try #require(begin.location?.split(separator: "state=").last).prefix { $0 != "&" }
            let posted = try await browser.post("callback/elsewhere", ["state": String(state)])
            #expect(posted.status == 302)
            let reply = try await browser.follow(posted)
            #expect(reply.location == Site.origin)
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("33 A GET never verifies, whatever token it carries")
    func getNeverVerifies() async throws {
        try await withSite { site in
            var browser = site.browser()
            try await browser.signIn()
            let token = try await browser.csrf()
            let headers: HTTPFields = [try #require(HTTPField.Name("X-CSRF-Token")): token]
            let page = try await browser.get("signout?csrfToken=\(token)", headers: headers)
            #expect(page.status == 200)
            #expect(try await browser.isSignedIn())
            var visitor = site.browser()
            let theirs = try await visitor.csrf()
            try await visitor.get("callback/credentials?csrfToken=\(theirs)&username=alice&password=wonderland")
            #expect(try await !visitor.isSignedIn())
        }
    }

    @Test("34 callbackUrl /dash resolves to the origin's /dash and is stored")
    func stored() async throws {
        try await withSite { site in
            var browser = site.browser()
            let reply = try await browser.signIn(callbackURL: "/dash")
            #expect(reply.jsonURL == "http://localhost:3000/dash")
            #expect(reply.setCookie(Site.callbackCookie)?.value == "http%3A%2F%2Flocalhost%3A3000%2Fdash")
        }
    }

    @Test(
        "35, 36 A callbackUrl resolves to our origin, whatever it is",
        arguments: [
            ("https://evil.com/x", "http://localhost:3000"), ("http://localhost:3001/", "http://localhost:3000"),
            ("http://localhost:3000.evil.com/", ""),
            ("//evil.com", "http://localhost:3000//evil.com"), ("/\t/evil.com", ""), ("/\\evil.com", ""),
            ("http://localhost:3000@evil.com/", ""), ("http://localhost:3000/a#b", "http://localhost:3000/a#b"),
        ])
    func resolution(asked: String, expected: String) async throws {
        try await withSite { site in
            var browser = site.browser()
            let reply = try await browser.signIn(callbackURL: asked)
            if expected.isEmpty {
                #expect(reply.status == 400)
            } else {
                #expect(reply.jsonURL == expected)
            }
        }
    }

    @Test("37 Body callbackUrl beats query; query beats cookie")
    func precedence() async throws {
        try await withSite { site in
            var browser = site.browser()
            browser.jar[Site.callbackCookie] = "http%3A%2F%2Flocalhost%3A3000%2Fcookie"
            let token = try await browser.csrf()
            let both = try await browser.post(
                "signout?callbackUrl=/query", ["csrfToken": token, "callbackUrl": "/body", "json": "true"])
            #expect(both.jsonURL == "http://localhost:3000/body")
            browser.jar[Site.callbackCookie] = "http%3A%2F%2Flocalhost%3A3000%2Fcookie"
            let query = try await browser.post(
                "signout?callbackUrl=/query", ["csrfToken": browser.csrf(), "json": "true"])
            #expect(query.jsonURL == "http://localhost:3000/query")
            browser.jar[Site.callbackCookie] = "http%3A%2F%2Flocalhost%3A3000%2Fcookie"
            let cookie = try await browser.post("signout", ["csrfToken": browser.csrf(), "json": "true"])
            #expect(cookie.jsonURL == "http://localhost:3000/cookie")
        }
    }

    @Test("38 An unchanged resolved URL sets no cookie")
    func unchanged() async throws {
        try await withSite { site in
            var browser = site.browser()
            try await browser.get("csrf?callbackUrl=/a")
            let same = try await browser.get("csrf?callbackUrl=/a")
            #expect(same.setCookie(Site.callbackCookie) == nil)
            let other = try await browser.get("csrf?callbackUrl=/b")
            #expect(other.setCookie(Site.callbackCookie) != nil)
        }
    }

    @Test("39 Without parameter and cookie the redirect callback is not asked; with a cookie on every request")
    func redirectCallback() async throws {
        let asked = Recorder<String>()
        try await withSite({
            $0.callbacks.redirect = { request in
                asked.add("\(request.url) \(request.baseURL)")
                return "https://sibling.example.com/x"
            }
        }) { site in
            var browser = site.browser()
            let first = try await browser.get("csrf")
            #expect(asked.values.isEmpty)
            #expect(first.setCookie(Site.callbackCookie)?.value == "http%3A%2F%2Flocalhost%3A3000")
            try await browser.get("session")
            #expect(asked.values == ["http://localhost:3000 http://localhost:3000"])
            // What the callback says counts, other origins included.
            #expect(browser.jar[Site.callbackCookie] == "https%3A%2F%2Fsibling.example.com%2Fx")
        }
    }

    @Test("What the redirect callback may not answer leads to our origin; its failure to 503")
    func redirectCallbackMisbehaves() async throws {
        let answer = Switch<String?>("javascript:alert(1)")
        try await withSite({
            $0.callbacks.redirect = { _ in
                guard let answer = answer.value else { throw SampleError() }
                return answer
            }
        }) { site in
            var browser = site.browser()
            #expect(try await browser.signIn().jsonURL == Site.origin)
            answer.value = nil
            let failed = try await browser.get("session")
            #expect(failed.status == 503)
            #expect(failed.errorCode == "callback_failed")
            #expect(failed.setCookies.isEmpty)
        }
    }

    @Test("Signing in and signing out give a new CSRF token; the one before counts no more (deviation)")
    func rotation() async throws {
        try await withSite { site in
            var browser = site.browser()
            let before = try await browser.csrf()
            try await browser.signIn()
            let after = try await browser.csrf()
            #expect(before != after)
            let refused = try await browser.post("signout", ["csrfToken": before, "json": "true"])
            #expect(refused.jsonURL == "\(Site.base)/signout?csrf=true")
            try await browser.signOut()
            #expect(try await browser.csrf() != after)
        }
    }

    @Test("The header X-CSRF-Token does what the field csrfToken does")
    func header() async throws {
        try await withSite { site in
            var browser = site.browser()
            try await browser.signIn()
            let name = try #require(HTTPField.Name("X-CSRF-Token"))
            let refused = try await browser.post("sessions/revoke-others", headers: [name: "0"])
            #expect(refused.status == 403)
            let token = try await browser.csrf()
            let reply = try await browser.post("sessions/revoke-others", headers: [name: token])
            #expect(reply.status == 200)
        }
    }
}

/// Thrown by an application's code.
struct SampleError: Error {}
