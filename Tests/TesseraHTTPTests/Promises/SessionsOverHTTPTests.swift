import HTTPTypes
import JSON
import Tessera
import TesseraTestKit
import Testing

@Suite("A user's sessions over HTTP")
struct SessionsOverHTTPTests {
    private func ids(_ browser: inout Browser) async throws -> [String] {
        try await browser.get("sessions").json["sessions"]?.array?.compactMap { $0.object?["id"]?.string } ?? []
    }

    private func sid(_ browser: Browser) throws -> String { try browser.claims()["sid"]?.string ?? "" }

    @Test("GET sessions lists mine: device, network, times, and which is this one")
    func list() async throws {
        try await withSite { site in
            var laptop = site.browser()
            try await laptop.signIn()
            site.clock.advance(.minutes(1))
            var phone = site.browser()
            phone.headers[.userAgent] =
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                + "Version/17.5 Mobile/15E148 Safari/604.1"
            try await phone.signIn()
            var bob = site.browser()
            try await bob.signIn("bob")
            let sessions = try #require(try await phone.get("sessions").json["sessions"]?.array?.compactMap(\.object))
            #expect(sessions.map { $0["id"]?.string } == [try sid(phone), try sid(laptop)])
            #expect(sessions.map { $0["current"] } == [true, false])
            #expect(sessions[0]["device"]?.string?.contains("Safari") == true)
            #expect(sessions[1]["device"]?.string?.contains("Firefox") == true)
            #expect(sessions[1]["created"]?.string == (site.clock.now - .minutes(1)).iso8601)
            #expect(sessions[0]["expires"]?.string == (site.clock.now + .days(14)).iso8601)
            #expect(
                Set(sessions[0].members.map(\.name)) == [
                    "id", "device", "network", "created", "lastSeen", "expires", "current",
                ])
        }
    }

    @Test("Without a session every one of these is 401, and says so stably")
    func unauthorized() async throws {
        try await withSite { site in
            var visitor = site.browser()
            let token = try await visitor.csrf()
            for reply in [
                try await visitor.get("sessions"), try await visitor.post("keepalive"),
                try await visitor.post("sessions/revoke-others", ["csrfToken": token]),
                try await visitor.send(.delete, "sessions/AAAAAAAAAAAAAAAAAAAAAA"),
            ] {
                #expect(reply.status == 401)
                #expect(reply.errorCode == "not_signed_in")
            }
            #expect(
                try await visitor.get("account").location == "\(Site.base)/signin?callbackUrl=%2Fapi%2Fauth%2Faccount")
        }
    }

    @Test("DELETE ends one of my sessions at once; the others go on")
    func endOne() async throws {
        try await withSite { site in
            var laptop = site.browser()
            try await laptop.signIn()
            var phone = site.browser()
            try await phone.signIn()
            let reply = try await laptop.send(.delete, "sessions/\(sid(phone))")
            #expect(reply.status == 200)
            #expect(try reply.json == ["ended": [.string(try sid(phone))], "committed": "primary"])
            #expect(!reply.touchesSessionCookie)
            let told = try await phone.post("keepalive")
            #expect(told.status == 401)
            #expect(told.setCookie(Site.sessionCookie)?.isDeletion == true)
            #expect(try await ids(&laptop) == [try sid(laptop)])
        }
    }

    @Test("Ending my own session clears its cookie")
    func endOwn() async throws {
        try await withSite { site in
            var browser = site.browser()
            try await browser.signIn()
            let reply = try await browser.send(.delete, "sessions/\(sid(browser))")
            #expect(reply.setCookie(Site.sessionCookie)?.isDeletion == true)
            #expect(try await !browser.isSignedIn())
        }
    }

    @Test("Another user's session cannot be ended: 404, as for one that is not there")
    func foreignSession() async throws {
        try await withSite { site in
            var alice = site.browser()
            try await alice.signIn()
            var bob = site.browser()
            try await bob.signIn("bob")
            let token = try await alice.csrf()
            for id in [try sid(bob), "AAAAAAAAAAAAAAAAAAAAAA", "x", "..", "%00", "\(try sid(alice))x"] {
                let reply = try await alice.send(.delete, "sessions/\(id)")
                #expect(reply.status == 404, "\(id)")
                #expect(reply.errorCode == "session_not_found")
                let form = try await alice.post("sessions/\(id)/end", ["csrfToken": token])
                #expect(form.status == 404, "\(id)")
            }
            #expect(try await bob.isSignedIn())
            #expect(try await alice.isSignedIn())
        }
    }

    @Test(
        "A DELETE that names another origin is refused, unless it carries the CSRF token",
        arguments: [
            ("https://evil.com", false), ("null", false), ("http://localhost:3001", false),
            ("http://localhost:3000.evil.com", false), ("http://localhost:3000", true), ("", false),
        ])
    func deleteOrigin(origin: String, isAccepted: Bool) async throws {
        try await withSite { site in
            var browser = site.browser()
            try await browser.signIn()
            var other = site.browser()
            try await other.signIn()
            let reply = try await browser.send(.delete, "sessions/\(sid(other))", headers: [.origin: origin])
            #expect(reply.status == (isAccepted ? 200 : 403))
            if !isAccepted { #expect(reply.errorCode == "csrf_token_invalid") }
            #expect(try await other.isSignedIn() == !isAccepted)
            if !isAccepted {
                let token: HTTPFields = [
                    .origin: origin, try #require(HTTPField.Name("X-CSRF-Token")): try await browser.csrf(),
                ]
                #expect(try await browser.send(.delete, "sessions/\(sid(other))", headers: token).status == 200)
            }
        }
    }

    @Test(
        "POST routes that change something want the CSRF token where there is a cookie",
        arguments: ["sessions/revoke-others", "sessions/{sid}/end"])
    func csrf(path: String) async throws {
        try await withSite { site in
            var browser = site.browser()
            try await browser.signIn()
            var other = site.browser()
            try await other.signIn()
            let path = path.replacing("{sid}", with: try sid(other))
            var foreign = site.browser()
            let foreignToken = try await foreign.csrf()
            for form: KeyValuePairs in [[:], ["csrfToken": foreignToken], ["csrfToken": ""]] {
                let reply = try await browser.post(path, form)
                #expect(reply.status == 403)
                #expect(reply.errorCode == "csrf_token_invalid")
            }
            #expect(try await other.isSignedIn())
            let token = try await browser.csrf()
            #expect(try await browser.post(path, ["csrfToken": token]).status == 200)
            #expect(try await !other.isSignedIn())
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("revoke-others ends all of mine but this one, and nobody else's")
    func revokeOthers() async throws {
        try await withSite { site in
            var browser = site.browser()
            try await browser.signIn()
            var others: [Browser] = []
            for _ in 0..<3 {
                var other = site.browser()
                try await other.signIn()
                others.append(other)
            }
            var bob = site.browser()
            try await bob.signIn("bob")
            let reply = try await browser.post("sessions/revoke-others", ["csrfToken": browser.csrf()])
            #expect(try Set(reply.json["ended"]?.array?.compactMap(\.string) ?? []) == Set(others.map { try sid($0) }))
            for var other in others { #expect(try await !other.isSignedIn()) }
            #expect(try await browser.isSignedIn())
            #expect(try await bob.isSignedIn())
        }
    }

    @Test(
        "signout with scope=everywhere ends all of mine; another scope is refused",
        arguments: [TokenFormat.standard, .reference])
    func everywhere(format: TokenFormat) async throws {
        try await withSite({ $0.tokenFormat = format }) { site in
            var browser = site.browser()
            try await browser.signIn()
            var other = site.browser()
            try await other.signIn()
            var bob = site.browser()
            try await bob.signIn("bob")
            let refused = try await browser.signOut(["scope": "all"])
            #expect(refused.status == 400)
            #expect(refused.errorCode == "invalid_scope")
            #expect(try await browser.isSignedIn())
            let reply = try await browser.signOut(["scope": "everywhere"])
            #expect(reply.status == 200)
            #expect(browser.token == nil)
            #expect(try await !other.isSignedIn())
            #expect(try await bob.isSignedIn())
            try await browser.signIn()
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("A token that has ended cannot end the others any more")
    func endedTokenCannotRevoke() async throws {
        try await withSite { site in
            var thief = site.browser()
            try await thief.signIn()
            let kept = thief
            try await thief.signOut()
            var owner = site.browser()
            try await owner.signIn()
            var again = kept
            try await again.signOut(["scope": "everywhere"])
            again = kept
            #expect(try await again.post("sessions/revoke-others", ["csrfToken": again.csrf()]).status == 401)
            #expect(try await owner.isSignedIn())
        }
    }

    @Test("keepalive is 204 and keeps the session beyond its idle limit; an ended one is 401")
    func keepAlive() async throws {
        try await withSite({
            $0.policy = SessionPolicy(absoluteTimeout: .hours(10), idleTimeout: .minutes(20), freshWindow: .minutes(5))
        }) { site in
            var active = site.browser()
            try await active.signIn()
            var idle = site.browser()
            try await idle.signIn()
            for _ in 0..<4 {
                site.clock.advance(.minutes(9))
                let reply = try await active.post("keepalive")
                #expect(reply.status == 204)
                #expect(reply.body.isEmpty)
            }
            #expect(try await !idle.isSignedIn())
            #expect(try await active.isSignedIn())
            site.clock.advance(.minutes(21))
            let token = active.token
            var late = active
            late.token = token
            #expect(try await late.post("keepalive").status == 401)
            #expect(late.token == nil)
        }
    }

    @Test("The absolute limit ends a session however busy it is")
    func absoluteLimit() async throws {
        try await withSite({
            $0.policy = SessionPolicy(absoluteTimeout: .hours(1), idleTimeout: .minutes(20), freshWindow: .minutes(5))
        }) { site in
            var browser = site.browser()
            try await browser.signIn()
            for _ in 0..<6 {
                site.clock.advance(.minutes(9))
                #expect(try await browser.post("keepalive").status == 204)
            }
            site.clock.advance(.minutes(7))
            #expect(try await browser.post("keepalive").status == 401)
        }
    }

    @Test("A user has a limited number of sessions; the oldest ends first")
    func limit() async throws {
        try await withSite({ $0.policy.sessionsPerUser = 2 }) { site in
            var browsers: [Browser] = []
            for _ in 0..<3 {
                var browser = site.browser()
                try await browser.signIn()
                browsers.append(browser)
                site.clock.advance(.seconds(1))
            }
            var alive: [Bool] = []
            for var browser in browsers { alive.append(try await browser.isSignedIn()) }
            #expect(alive == [false, true, true])
        }
    }

    @Test("A program with a bearer token gets its successor in a header, from every route")
    func bearer() async throws {
        try await withSite { site in
            let name = try #require(HTTPField.Name("Tessera-Session-Token"))
            var browser = site.browser()
            try await browser.signIn()
            var program = site.browser()
            program.headers[.authorization] = "Bearer \(browser.token ?? "")"
            #expect(try await program.get("session").headers[name] == nil)
            for path in ["session", "sessions", "keepalive", "sessions/revoke-others"] {
                site.clock.advance(.minutes(6))
                var bare = program
                bare.jar = CookieJar()
                let reply =
                    path == "session" || path == "sessions" ? try await bare.get(path) : try await bare.post(path)
                #expect((200..<300).contains(reply.status), "\(path)")
                let token = try #require(reply.headers[name], "\(path)")
                #expect(!reply.touchesSessionCookie)
                program.headers[.authorization] = "Bearer \(token)"
            }
            #expect(try await program.isSignedIn())
        }
    }

    @Test("A response lost on the way signs nobody out; an old token that comes back long after is reuse")
    func lostResponse() async throws {
        let reuse = Recorder<ReuseKind?>()
        try await withSite({ $0.events.sessionsEnded = { reuse.add($0.reuse) } }) { site in
            var browser = site.browser()
            try await browser.signIn()
            let first = browser
            site.clock.advance(.minutes(6))
            var lost = browser
            try await lost.session()
            site.clock.advance(.hours(2))
            #expect(try await browser.isSignedIn())
            #expect(try browser.claims()["gen"]?.integer == 2)
            site.clock.advance(.minutes(6))
            #expect(try await browser.isSignedIn())
            site.clock.advance(.minutes(6))
            var thief = first
            thief.headers[.userAgent] = "curl/8.5.0"
            #expect(try await !thief.isSignedIn())
            #expect(try await !browser.isSignedIn())
            #expect(reuse.values == [.otherDevice])
        }
    }

    @Test("64 requests with one token at once get one successor", arguments: [TokenFormat.standard, .reference])
    func parallel(format: TokenFormat) async throws {
        try await withSite({ $0.tokenFormat = format }) { site in
            var browser = site.browser()
            try await browser.signIn()
            site.clock.advance(.minutes(6))
            let start = browser
            let tokens = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<64 {
                    group.addTask {
                        var tab = start
                        try await tab.session()
                        return tab.token
                    }
                }
                return try await group.reduce(into: [String]()) { $0.append($1 ?? "") }
            }
            let named: [String] = try tokens.map {
                format == .reference ? $0 : "\(try openedClaims($0)["jti"]?.string ?? "")"
            }
            #expect(Set(named).count == 1)
            browser.token = tokens[0]
            #expect(try await browser.isSignedIn())
            #expect(try await ids(&browser).count == 1)
        }
    }
}
