import JSON
import Tessera
import Testing

@Suite("Contract 10: sessions in tokens")
struct SessionTests {
    @Test("75 GET session without cookie is 200 and {}")
    func anonymous() async throws {
        try await withSite { site in
            var browser = site.browser()
            let reply = try await browser.get("session")
            #expect(reply.status == 200)
            #expect(reply.contentType == "application/json")
            #expect(reply.body == "{}")
            #expect(!reply.touchesSessionCookie)
        }
    }

    @Test("76 A session is the user's name, email and image, and when it expires")
    func session() async throws {
        try await withSite { site in
            var browser = site.browser()
            try await browser.signIn()
            let expires = (site.clock.now + .days(14)).iso8601
            #expect(expires.hasSuffix(".000Z"))
            #expect(
                try await browser.get("session").body
                    == #"{"user":{"name":"Alice","email":"alice@example.com","#
                    + #""image":"https://example.com/alice.png"},"expires":"\#(expires)"}"#)
            var bob = site.browser()
            try await bob.signIn("bob")
            #expect(try await bob.session()["user"] == ["name": "Bob"])
        }
    }

    @Test("77 A token is replaced once a fresh window, with a new jti and exp (deviation)")
    func oncePerWindow() async throws {
        try await withSite { site in
            var browser = site.browser()
            try await browser.signIn()
            let first = try browser.claims()
            site.clock.advance(.minutes(4))
            let within = try await browser.get("session")
            #expect(!within.touchesSessionCookie)
            site.clock.advance(.minutes(2))
            let after = try await browser.get("session")
            #expect(after.setCookie(Site.sessionCookie)?.isDeletion == false)
            let second = try browser.claims()
            #expect(second["jti"] != first["jti"])
            #expect(second["sid"] == first["sid"])
            #expect(second["gen"] == 2)
            #expect(second["exp"]?.integer == site.clock.now.seconds + 14 * 86_400)
            #expect(second["auth_time"] == first["auth_time"])
            #expect(try after.json["expires"]?.string == (site.clock.now + .days(14)).iso8601)
        }
    }

    @Test("78 The fresh window is what says how often; there is no updateAge (deviation)")
    func freshWindow() async throws {
        try await withSite({ $0.policy.freshWindow = .seconds(60) }) { site in
            var browser = site.browser()
            try await browser.signIn()
            site.clock.advance(.seconds(56))
            #expect(try await !browser.get("session").touchesSessionCookie)
            site.clock.advance(.seconds(5))
            #expect(try await browser.get("session").touchesSessionCookie)
        }
    }

    @Test("79 The jwt callback gets the whole payload and no trigger when a token is replaced (deviation)")
    func jwtCallback() async throws {
        let calls = Recorder<JWTRequest>()
        try await withSite({
            $0.callbacks.jwt = { request in
                calls.add(request)
                var claims = request.token
                claims["role"] = "admin"
                return claims
            }
        }) { site in
            var browser = site.browser()
            try await browser.signIn()
            let signIn = try #require(calls.values.first)
            #expect(calls.values.count == 1)
            #expect(
                signIn.token == [
                    "name": "Alice", "email": "alice@example.com", "picture": "https://example.com/alice.png",
                    "sub": "user-alice",
                ])
            #expect(signIn.user?.id == "user-alice")
            #expect(
                signIn.account == Account(provider: "credentials", type: .credentials, providerAccountID: "user-alice"))
            #expect(signIn.trigger == .signIn)
            #expect(signIn.isNewUser == false)
            #expect(signIn.session == nil && signIn.profile == nil)

            let presented = try browser.claims()
            try await browser.session()
            #expect(calls.values.count == 1)
            site.clock.advance(.minutes(6))
            try await browser.session()
            let read = try #require(calls.values.last)
            #expect(calls.values.count == 2)
            #expect(read.trigger == nil && read.user == nil && read.account == nil && read.session == nil)
            for name in ["name", "email", "picture", "sub", "role", "iat", "exp", "jti", "sid"] {
                #expect(read.token[name] == presented[name], "\(name)")
            }
        }
    }

    @Test(
        "80 An update calls the jwt callback with the trigger update and what the browser sent",
        arguments: [true, false])
    func update(asJSON: Bool) async throws {
        let calls = Recorder<JWTRequest>()
        try await withSite({
            $0.callbacks.jwt = { request in
                calls.add(request)
                var claims = request.token
                if let name = request.session?.object?["name"] ?? request.session { claims["name"] = name }
                return claims
            }
        }) { site in
            var browser = site.browser()
            try await browser.signIn()
            let token = try await browser.csrf()
            let reply =
                asJSON
                ? try await browser.post("session", json: ["csrfToken": .string(token), "data": ["name": "Eve"]])
                : try await browser.post("session", ["csrfToken": token, "data": "Eve"])
            #expect(reply.status == 200)
            #expect(try reply.json["user"]?.object?["name"] == "Eve")
            #expect(calls.values.last?.trigger == .update)
            #expect(calls.values.last?.session == (asJSON ? ["name": "Eve"] : "Eve"))
            #expect(try browser.claims()["name"] == "Eve")
            #expect(try await browser.session()["user"]?.object?["name"] == "Eve")
        }
    }

    @Test("80 An update ends the token before it at once; without data, and without a session, it changes nothing")
    func updateEndsTheOld() async throws {
        try await withSite({ $0.policy.grace = .zero }) { site in
            var browser = site.browser()
            try await browser.signIn()
            let old = browser
            #expect(try await browser.post("session", ["csrfToken": browser.csrf()]).status == 200)
            #expect(try await browser.isSignedIn())
            site.clock.advance(.seconds(1))
            var stale = old
            #expect(try await !stale.isSignedIn())
            var visitor = site.browser()
            let none = try await visitor.post("session", ["csrfToken": visitor.csrf()])
            #expect(none.status == 200)
            #expect(none.body == "{}")
        }
    }

    @Test("81 The session callback gets the session and the token, no trigger, on reads and on updates alike")
    func sessionCallback() async throws {
        let calls = Recorder<JSONObject>()
        try await withSite({
            $0.callbacks.session = { request in
                calls.add(request.session)
                var session = request.session
                session["userID"] = .string(request.token.user.text)
                return session
            }
        }) { site in
            var browser = site.browser()
            try await browser.signIn()
            #expect(calls.values.isEmpty)
            let read = try await browser.session()
            #expect(read["userID"] == "user-alice")
            let update = try await browser.post("session", ["csrfToken": browser.csrf()])
            #expect(try update.json["userID"] == "user-alice")
            #expect(calls.values.count == 2)
            #expect(Set(calls.values.flatMap { $0.members.map(\.name) }) == ["user", "expires"])
        }
    }

    @Test("82 The session's user comes from the token that is minted, at once (deviation)")
    func changedClaims() async throws {
        let name = Switch("Alice")
        try await withSite({
            $0.callbacks.jwt = { request in
                var claims = request.token
                claims["name"] = .string(name.value)
                return claims
            }
        }) { site in
            var browser = site.browser()
            try await browser.signIn()
            name.value = "Alice II"
            #expect(try await browser.session()["user"]?.object?["name"] == "Alice")
            site.clock.advance(.minutes(6))
            #expect(try await browser.session()["user"]?.object?["name"] == "Alice II")
        }
    }

    @Test(
        "83 A callback that throws gets 503, the cookie stays, and nobody is signed out (deviation)",
        arguments: ["jwt", "session"])
    func failingCallback(which: String) async throws {
        let fails = Switch(false)
        try await withSite({
            $0.callbacks.jwt = { request in
                if fails.value, which == "jwt" { throw SampleError() }
                return request.token
            }
            $0.callbacks.session = { request in
                if fails.value, which == "session" { throw SampleError() }
                return request.session
            }
        }) { site in
            var browser = site.browser()
            try await browser.signIn()
            site.clock.advance(.minutes(6))
            fails.value = true
            for _ in 0..<3 {
                let reply = try await browser.get("session")
                #expect(reply.status == 503)
                #expect(reply.errorCode == "callback_failed")
                #expect(reply.header("Retry-After") == "2")
                #expect(!reply.touchesSessionCookie)
            }
            #expect(site.log.values.contains { $0.contains("JWT_SESSION_ERROR") })
            fails.value = false
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("83 A jwt callback that returns nothing ends the session")
    func withdrawn() async throws {
        let ends = Switch(false)
        let ended = Recorder<EndReason>()
        try await withSite({
            $0.callbacks.jwt = { ends.value ? nil : $0.token }
            $0.events.sessionsEnded = { ended.add($0.reason) }
        }) { site in
            var browser = site.browser()
            try await browser.signIn()
            let copy = browser
            site.clock.advance(.minutes(6))
            ends.value = true
            let reply = try await browser.get("session")
            #expect(reply.status == 200)
            #expect(reply.body == "{}")
            #expect(reply.setCookie(Site.sessionCookie)?.isDeletion == true)
            ends.value = false
            var again = copy
            #expect(try await !again.isSignedIn())
            #expect(ended.values == [.revokedByApplication])
        }
    }

    @Test("84 A garbage cookie is cleared with all its chunks, and the answer is 200")
    func garbage() async throws {
        try await withSite { site in
            for value in ["x", "a.b.c", "a.b.c.d.e", "....", "%", "eyJhbGciOiJub25lIn0.e30.", "\u{1F980}"] {
                var browser = site.browser()
                browser.jar["\(Site.sessionCookie).0"] = value
                browser.jar["\(Site.sessionCookie).1"] = value
                browser.jar["\(Site.sessionCookie).5"] = value
                browser.jar[Site.sessionCookie] = value
                let reply = try await browser.get("session")
                #expect(reply.status == 200)
                #expect(reply.body == "{}")
                #expect(reply.setCookies.filter(\.isDeletion).count == 4)
                #expect(browser.token == nil)
            }
        }
    }

    @Test("85 An event handler that throws changes no answer, and is logged")
    func failingEvents() async throws {
        try await withSite({
            $0.events = Events(
                signIn: { _ in throw SampleError() }, signOut: { _ in throw SampleError() },
                session: { _ in throw SampleError() }, sessionsEnded: { _ in throw SampleError() })
        }) { (site: Site) async throws in
            var browser = site.browser()
            #expect(try await browser.signIn().status == 200)
            #expect(try await browser.isSignedIn())
            #expect(try await browser.signOut().status == 200)
            for code in ["SIGN_IN", "SESSION", "SIGN_OUT", "SESSIONS_ENDED"] {
                #expect(site.log.values.contains { $0.contains("code=\(code)_EVENT_ERROR") }, "\(code)")
            }
        }
    }

    @Test("85 Events say what happened")
    func events() async throws {
        let told = Recorder<String>()
        try await withSite({
            $0.events = Events(
                signIn: {
                    told.add("signIn \($0.user.id) \($0.account.provider) \($0.session) \($0.isNewUser == false)")
                },
                signOut: { told.add("signOut \($0.token.session)") },
                session: { told.add("session \($0.token.session) \($0.session["expires"] != nil)") },
                sessionsEnded: { told.add("ended \($0.user) \($0.sessions.map { "\($0)" }) \($0.reason.rawValue)") })
        }) { site in
            var browser = site.browser()
            try await browser.signIn()
            let sid = try browser.claims()["sid"]?.string ?? ""
            try await browser.session()
            try await browser.signOut()
            #expect(
                told.values == [
                    "signIn user-alice credentials \(sid) true", "session \(sid) true",
                    "ended user-alice [\"\(sid)\"] \(EndReason.signedOut.rawValue)", "signOut \(sid)",
                ])
        }
    }

    @Test("86 Token and cookie have one lifetime, at sign-in and ever after (deviation)")
    func oneLifetime() async throws {
        try await withSite { site in
            var browser = site.browser()
            try await browser.signIn()
            for _ in 0..<3 {
                let exp = try #require(try browser.claims()["exp"]?.integer)
                #expect(browser.jar.expiry(of: Site.sessionCookie) == Timestamp(seconds: exp))
                #expect(exp == site.clock.now.seconds + 14 * 86_400)
                site.clock.advance(.days(1))
                try await browser.session()
            }
        }
    }
}
