import HTTPTypes
import JSON
import Tessera
import Testing

/// What the edge makes of a provider's journey; what happens on it is in `TesseraProvidersTests`.
@Suite("Contract 10: journeys to providers")
struct OAuthTests {
    /// A provider whose journey ends as a test says.
    private struct Ending: RedirectingProvider {
        let id = "elsewhere"
        let name = "Elsewhere"
        let type = ProviderType.oauth
        var failure: SignInFailure?
        var style: ProviderStyle?

        func begin(_ request: SignInRequest, callbackURL: String) async throws -> RedirectBegin {
            if let failure, failure.code == .begin { throw failure }
            return RedirectBegin(url: "https://id.example.com/authorize?state=s", state: "s", checks: [.state: "s"])
        }

        func finish(
            _ request: SignInRequest, checks: [SignInCheck: String], callbackURL: String
        ) async throws -> RedirectEnd {
            if let failure { throw failure }
            guard let state = request.parameter("state"), checks[.state] == state else {
                throw SignInFailure(.callback, cause: "state_mismatch", message: "no")
            }
            return RedirectEnd(
                user: UserProfile(id: "user-dora", name: "Dora"),
                account: Account(provider: id, type: type, providerAccountID: "dora"))
        }
    }

    private static func failure(_ code: SignInFailure.Code, _ reason: ProviderErrorReason? = nil) -> SignInFailure {
        SignInFailure(code, reason: reason, cause: "the-cause", message: "what happened")
    }

    @Test(
        "109, 120, 121 How a journey fails is shown as what it is, and logged in the provider's terms",
        arguments: [
            (failure(.callback), "error?error=OAuthCallback"),
            (failure(.callback, .accessDenied), "error?error=OAuthCallback&reason=access_denied"),
            (failure(.providerError, .accessDenied), "error?error=Callback&reason=access_denied"),
            (failure(.profile), "signin"),
        ])
    func failures(failure: SignInFailure, target: String) async throws {
        try await withSite({ $0.providers = [.redirecting(Ending(failure: failure))] }) { site in
            var browser = site.browser()
            try await browser.post("signin/elsewhere", ["csrfToken": browser.csrf()])
            let reply = try await browser.get("callback/elsewhere?state=s&code=very-secret-code")
            #expect(reply.location == "\(Site.base)/\(target)")
            #expect(try await !browser.isSignedIn())
            #expect(site.log.values.contains { $0.contains("error=the-cause") && $0.contains("reason=what happened") })
            #expect(!site.log.values.contains { $0.contains("very-secret-code") })
        }
    }

    @Test("A reason reaches the sign-in page if it is one that the standards define, and chooses its text")
    func reasons() async throws {
        try await withSite { site in
            var browser = site.browser()
            let known = try await browser.get("error?error=OAuthCallback&reason=access_denied")
            #expect(known.location == "\(Site.base)/signin?error=OAuthCallback&reason=access_denied")
            let unknown = try await browser.get("error?error=OAuthCallback&reason=%3Cscript%3E")
            #expect(unknown.location == "\(Site.base)/signin?error=OAuthCallback")
            let page = try await browser.get("signin?error=OAuthCallback&reason=access_denied")
            #expect(page.body.contains("you said no there"))
            #expect(
                try await browser.get("signin?error=OAuthCallback&reason=server_error").body.contains("has trouble"))
            #expect(try await browser.get("signin?error=OAuthCallback&reason=zz").body.contains("did not work"))
        }
    }

    @Test("122 A form that another site posts ends a journey, though its browser sends no cookies along")
    func formPost() async throws {
        try await withSite({ $0.providers = [.redirecting(Ending()), Site.credentials] }) { site in
            var browser = site.browser()
            try await browser.signIn("bob")
            let before = browser
            let begin = try await browser.post(
                "signin/elsewhere", ["csrfToken": browser.csrf(), "callbackUrl": "/home"])
            #expect(begin.setCookies.allSatisfy { $0.attributes["samesite"] == "Lax" })
            let posted = try await browser.postFromElsewhere(
                "callback/elsewhere", ["state": "s", "code": "very-secret"])
            #expect(posted.status == 302)
            #expect(posted.setCookies.isEmpty, "what was not sent must not be replaced")
            #expect(posted.location?.hasPrefix("\(Site.base)/callback/elsewhere?posted=ey") == true)
            #expect(posted.location?.contains("very-secret") == false)
            let reply = try await browser.follow(posted)
            #expect(reply.location == "http://localhost:3000/home")
            #expect(try browser.claims()["sub"] == "user-dora")
            var old = before
            #expect(try await !old.isSignedIn(), "150 who was signed in before, makes way")
        }
    }

    @Test("122 What was posted counts for its provider, for a minute, and with the state of this browser only")
    func formPostBounds() async throws {
        try await withSite({
            $0.providers = [.redirecting(Ending()), .redirecting(NamedProvider("other"))]
        }) { site in
            var browser = site.browser()
            try await browser.post("signin/elsewhere", ["csrfToken": browser.csrf()])
            let posted = try await browser.postFromElsewhere("callback/elsewhere", ["state": "s", "code": "c"])
            let failed = "\(Site.base)/error?error=OAuthCallback"
            // A form that somebody else has made up, or got from his own browser.
            var stranger = site.browser()
            #expect(try await stranger.follow(posted).location == failed)
            let sealed = try #require(posted.location?.split(separator: "posted=").last)
            #expect(try await browser.get("callback/other?posted=\(sealed)").location == failed)
            #expect(try await browser.get("callback/elsewhere?posted=x\(sealed)").location == failed)
            site.clock.advance(.seconds(76))
            #expect(try await browser.follow(posted).location == failed)
            // Of a form that is too long for an address, the short fields count.
            let long = String(repeating: "x", count: 100_000)
            let again = try await browser.postFromElsewhere(
                "callback/elsewhere", ["state": "s", "user": long, "code": "c"])
            #expect((again.location ?? "").utf8.count < 8000)
            #expect(try await browser.follow(again).location == Site.origin)
        }
    }

    @Test("A provider's button has its colours; a colour that is none keeps the application from starting")
    func colours() async throws {
        let styled = Ending(style: ProviderStyle(background: "#123456", text: "#ffffff"))
        try await withSite({ $0.providers = [.redirecting(styled)] }) { site in
            var browser = site.browser()
            let page = try await browser.get("signin")
            #expect(page.body.contains("#123456"))
        }
        var configuration = Site.configuration(clock: ManualClock())
        configuration.providers = [.redirecting(Ending(style: ProviderStyle(background: "blue")))]
        #expect(configuration.problems.count == 1)
    }
}
