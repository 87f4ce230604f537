import HTTPTypes
import JSON
import Tessera
import TesseraTestKit
import Testing

@Suite("NextAuth.js sessions are taken over")
struct AdoptionTests {
    private func claims(_ clock: ManualClock, jti: String = "1", issuedAgo: Int64 = 3600) -> JSONObject {
        let issued = clock.now.seconds - issuedAgo
        return [
            "name": "Ada", "email": "ada@example.com", "sub": "user-ada", "role": "editor", "iat": .integer(issued),
            "exp": .integer(issued + 30 * 86_400), "jti": .string(jti),
        ]
    }

    @Test(
        "A NextAuth.js cookie is a session with all its claims, and is answered with our own token",
        arguments: [TokenFormat.standard, .reference, .signed(alg: "HS256")])
    func adoption(format: TokenFormat) async throws {
        try await withSite({
            $0.tokenFormat = format
            $0.callbacks.session = { request in
                var session = request.session
                session["role"] = request.token.claims["role"]
                return session
            }
        }) { site in
            var browser = site.browser()
            let original = try nextAuthToken(claims(site.clock))
            browser.token = original
            let session = try await browser.session()
            #expect(session["user"] == ["name": "Ada", "email": "ada@example.com"])
            #expect(session["role"] == "editor")
            #expect(browser.token != original)
            if format == .standard {
                #expect(try browser.claims()["auth_time"]?.integer == site.clock.now.seconds - 3600)
            }
            for _ in 0..<3 {
                site.clock.advance(.minutes(6))
                #expect(try await browser.session()["role"] == "editor")
            }
            #expect(try await browser.get("sessions").json["sessions"]?.array?.count == 1)
        }
    }

    @Test("64 requests that bring it at once make one session", arguments: [TokenFormat.standard, .reference])
    func parallel(format: TokenFormat) async throws {
        let store = InMemoryStore()
        try await withSite({ $0.tokenFormat = format }, over: store) { site in
            var start = site.browser()
            start.token = try nextAuthToken(claims(site.clock))
            let browser = start
            let replies = try await withThrowingTaskGroup(of: (Bool, String?).self) { group in
                for _ in 0..<64 {
                    group.addTask {
                        var tab = browser
                        let isSignedIn = try await tab.isSignedIn()
                        return (isSignedIn, tab.token)
                    }
                }
                return try await group.reduce(into: [(Bool, String?)]()) { $0.append($1) }
            }
            #expect(replies.allSatisfy { $0.0 })
            let user = try #require(UserID("user-ada"))
            let sessions = try await store.load(user).sessions
            #expect(sessions.count == 1)
            #expect(sessions.first?.generation == .first)
            for (_, token) in replies {
                var tab = browser
                tab.token = token
                #expect(try await tab.isSignedIn())
            }
            #expect(try await store.load(user).sessions.count == 1)
        }
    }

    @Test("A response lost on the way does not matter: the old cookie comes again, and gets the same session")
    func lostResponse() async throws {
        try await withSite { site in
            var browser = site.browser()
            browser.token = try nextAuthToken(claims(site.clock))
            var lost = browser
            try await lost.session()
            site.clock.advance(.hours(1))
            try await browser.session()
            #expect(try browser.claims()["sid"] == lost.claims()["sid"])
        }
    }

    @Test("Two cookies are two sessions, one user")
    func two() async throws {
        try await withSite { site in
            var laptop = site.browser()
            laptop.token = try nextAuthToken(claims(site.clock, jti: "1"))
            var phone = site.browser()
            phone.token = try nextAuthToken(claims(site.clock, jti: "2"))
            #expect(try await laptop.isSignedIn())
            #expect(try await phone.isSignedIn())
            #expect(try await phone.get("sessions").json["sessions"]?.array?.count == 2)
        }
    }

    @Test("Switched off, or past its date, it is refused and the cookie cleared")
    func switchedOff() async throws {
        for (adoption, isAccepted) in [
            (Adoption.never, false), (.until(Timestamp(seconds: 1_800_000_000)), false),
            (.until(Timestamp(seconds: 1_800_000_001)), true), (.always, true),
        ] {
            try await withSite({ $0.adoption = adoption }) { site in
                var browser = site.browser()
                browser.token = try nextAuthToken(claims(site.clock))
                #expect(try await browser.isSignedIn() == isAccepted)
                #expect((browser.token != nil) == isAccepted)
            }
        }
    }

    @Test("An adopted session that was signed out does not come back until its NextAuth.js token expires")
    func signedOut() async throws {
        try await withSite { site in
            let original = try nextAuthToken(claims(site.clock))
            var browser = site.browser()
            browser.token = original
            try await browser.session()
            try await browser.signOut()
            for days in [0, 1, 10, 28, 1, 1] {
                site.clock.advance(.days(days))
                var again = site.browser()
                again.token = original
                #expect(try await !again.isSignedIn(), "\(days)")
                #expect(again.token == nil)
            }
        }
    }

    @Test("Signed out with the NextAuth.js token itself, it does not come back either")
    func signedOutDirectly() async throws {
        try await withSite { site in
            let original = try nextAuthToken(claims(site.clock))
            var browser = site.browser()
            browser.token = original
            #expect(try await browser.signOut().status == 200)
            #expect(browser.token == nil)
            browser.token = original
            #expect(try await !browser.isSignedIn())
        }
    }

    @Test("Signing in over it ends it as well")
    func signedInOver() async throws {
        try await withSite { site in
            let original = try nextAuthToken(claims(site.clock))
            var browser = site.browser()
            browser.token = original
            try await browser.signIn()
            #expect(try await browser.session()["user"]?.object?["name"] == "Alice")
            var again = site.browser()
            again.token = original
            #expect(try await !again.isSignedIn())
        }
    }

    @Test("A token issued before its user was revoked is refused; one issued after is not")
    func issuedBeforeRevocation() async throws {
        try await withSite { site in
            let before = try nextAuthToken(claims(site.clock, jti: "1"))
            try await site.tessera.revokeSessions(of: try #require(UserID("user-ada")))
            var browser = site.browser()
            browser.token = before
            #expect(try await !browser.isSignedIn())
            site.clock.advance(.seconds(10))
            browser.token = try nextAuthToken(claims(site.clock, jti: "2", issuedAgo: 5))
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("Changing the order of the secrets brings nothing back that was signed out, and doubles nothing")
    func rotatedSecrets() async throws {
        let store = InMemoryStore()
        let clock = ManualClock()
        let original = try nextAuthToken(claims(clock, jti: "1"))
        let kept = try nextAuthToken(claims(clock, jti: "2"))
        try await withSite(over: store, clock: clock) { site in
            var browser = site.browser()
            browser.token = original
            try await browser.session()
            try await browser.signOut()
            var other = site.browser()
            other.token = kept
            #expect(try await other.isSignedIn())
        }
        try await withSite(
            { $0.secrets = ["another-secret-that-is-long-enough", Site.secret] }, over: store, clock: clock
        ) { (site: Site) async throws in
            var browser = site.browser()
            browser.token = original
            #expect(try await !browser.isSignedIn())
            browser.token = kept
            #expect(try await browser.isSignedIn())
            #expect(try await browser.get("sessions").json["sessions"]?.array?.count == 1)
        }
    }

    @Test("A token without sub is its e-mail address's, or a user of its own")
    func nameless() async throws {
        try await withSite { site in
            for name in ["sub", "email"] {
                var claims = claims(site.clock, jti: name)
                claims["sub"] = nil
                if name == "email" { claims["email"] = nil }
                var browser = site.browser()
                browser.token = try nextAuthToken(claims)
                #expect(try await browser.isSignedIn())
                let sub = try browser.claims()["sub"]?.string
                #expect(name == "sub" ? sub == "ada@example.com" : sub?.hasPrefix("session:") == true)
            }
        }
    }
}
