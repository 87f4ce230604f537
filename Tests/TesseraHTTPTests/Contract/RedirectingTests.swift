import HTTPTypes
import Tessera
import TesseraTestKit
import Testing

/// The port for providers that send the browser away; what is specific to OAuth and e-mail is theirs.
@Suite("Contract 10: check cookies and redirecting providers")
struct RedirectingTests {
    private static let state = Elsewhere.state

    @Test("105 A check cookie of one provider is refused at another")
    func otherProvider() async throws {
        try await withSite({ $0.providers = [.redirecting(Elsewhere(id: "a")), .redirecting(Elsewhere(id: "b"))] }) {
            site in
            var browser = site.browser()
            try await browser.post("signin/a", ["csrfToken": browser.csrf()])
            var other = browser
            let refused = try await other.get("callback/b?state=\(Self.state)")
            #expect(refused.location == "\(Site.base)/error?error=OAuthCallback")
            #expect(try await !other.isSignedIn())
            #expect(try await browser.get("callback/a?state=\(Self.state)").location == Site.origin)
            #expect(try await browser.isSignedIn())
        }
    }

    @Test(
        "107, 108 A missing or other state is OAuthCallback, and nobody is signed in",
        arguments: ["", "?state=other", "?state="])
    func badState(query: String) async throws {
        try await withSite({ $0.providers = [.redirecting(Elsewhere())] }) { site in
            var browser = site.browser()
            try await browser.post("signin/elsewhere", ["csrfToken": browser.csrf()])
            let reply = try await browser.get("callback/elsewhere\(query)")
            #expect(reply.status == 302)
            #expect(reply.location == "\(Site.base)/error?error=OAuthCallback")
            #expect(try await !browser.isSignedIn())
        }
    }

    @Test("110 On success the check cookies are cleared, and the landing page is the one asked for at the start")
    func cleared() async throws {
        try await withSite({ $0.providers = [.redirecting(Elsewhere())] }) { site in
            var browser = site.browser()
            let begin = try await browser.post(
                "signin/elsewhere", ["csrfToken": browser.csrf(), "callbackUrl": "/home"])
            #expect(
                begin.location?.contains(
                    "redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fapi%2Fauth%2Fcallback%2Felsewhere") == true)
            let reply = try await browser.get("callback/elsewhere?state=\(Self.state)")
            #expect(reply.location == "http://localhost:3000/home")
            #expect(reply.setCookies.filter(\.isDeletion).count == 3)
            #expect(Set(browser.jar.names) == [Site.csrfCookie, Site.callbackCookie, Site.sessionCookie])
        }
    }

    @Test("Parallel sign-ins of one browser do not get into each other's way, and their number is bounded (deviation)")
    func parallel() async throws {
        try await withSite({ $0.providers = [.redirecting(Elsewhere())] }) { site in
            var browser = site.browser()
            for number in 1...3 {
                try await browser.post("signin/elsewhere?n=\(number)", ["csrfToken": browser.csrf()])
            }
            for number in [2, 1, 3] {
                var tab = browser
                #expect(try await tab.get("callback/elsewhere?state=\(Self.state)\(number)").location == Site.origin)
            }
            for number in 4...40 {
                try await browser.post("signin/elsewhere?n=\(number)", ["csrfToken": browser.csrf()])
            }
            #expect(browser.jar.names.filter { $0.hasPrefix("next-auth.state.") }.count <= 6)
        }
    }

    @Test("121 A provider that cannot begin is OAuthSignin")
    func cannotBegin() async throws {
        try await withSite({ $0.providers = [.redirecting(Elsewhere())] }) { site in
            var browser = site.browser()
            let reply = try await browser.post(
                "signin/elsewhere?fail=1", ["csrfToken": browser.csrf(), "json": "true"])
            #expect(reply.jsonURL == "\(Site.base)/error?error=OAuthSignin")
        }
    }

    @Test(
        "A failing callback of the application, or a user that cannot be used, is Callback; a store that is down is 503",
        arguments: ["signIn", "jwt", "user", "store"])
    func failingCallback(what: String) async throws {
        var provider = Elsewhere()
        if what == "user" { provider.user = UserProfile(id: "") }
        let chosen = provider
        let store = InMemoryStore()
        try await withSite(
            {
                $0.providers = [.redirecting(chosen)]
                if what == "signIn" { $0.callbacks.signIn = { _ in throw SampleError() } }
                if what == "jwt" { $0.callbacks.jwt = { _ in throw SampleError() } }
            }, over: store
        ) { site in
            var browser = site.browser()
            try await browser.post("signin/elsewhere", ["csrfToken": browser.csrf()])
            if what == "store" { store.faults.failEverything() }
            let reply = try await browser.get("callback/elsewhere?state=\(Self.state)")
            #expect(!reply.touchesSessionCookie)
            if what == "store" {
                #expect(reply.status == 503)
                #expect(reply.errorCode == "store_unavailable")
            } else {
                #expect(reply.status == 302)
                #expect(reply.location == "\(Site.base)/error?error=Callback")
            }
        }
    }

    @Test("124 pages.newUser is for new users only, with the callback URL encoded", arguments: [true, false, nil])
    func newUser(isNewUser: Bool?) async throws {
        var provider = Elsewhere()
        provider.isNewUser = isNewUser
        let chosen = provider
        try await withSite({
            $0.providers = [.redirecting(chosen)]
            $0.pages.newUser = "/welcome"
        }) { site in
            var browser = site.browser()
            try await browser.post("signin/elsewhere", ["csrfToken": browser.csrf(), "callbackUrl": "/home"])
            let reply = try await browser.get("callback/elsewhere?state=\(Self.state)")
            #expect(
                reply.location
                    == (isNewUser == true
                        ? "/welcome?callbackUrl=http%3A%2F%2Flocalhost%3A3000%2Fhome" : "http://localhost:3000/home"))
        }
    }
}
