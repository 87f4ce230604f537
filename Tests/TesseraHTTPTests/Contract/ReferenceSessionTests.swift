import JSON
import Tessera
import TesseraTestKit
import Testing

/// The `database` strategy of NextAuth.js: the token only refers to the session.
@Suite("Contract 10: sessions in the store")
struct ReferenceSessionTests {
    private func withReferences(
        _ change: (inout TesseraConfiguration) -> Void = { _ in }, over store: InMemoryStore? = nil,
        _ body: @Sendable (Site) async throws -> Void
    ) async throws {
        try await withSite(
            {
                $0.tokenFormat = .reference
                change(&$0)
            }, over: store, body)
    }

    @Test("87 An unknown token gets {} and its cookie cleared")
    func unknown() async throws {
        try await withReferences { site in
            var browser = site.browser()
            try await browser.signIn()
            let token = try #require(browser.token)
            // Of another store: authentic, and not there.
            try await withReferences { other in
                var stranger = other.browser()
                stranger.token = token
                let reply = try await stranger.get("session")
                #expect(reply.status == 200)
                #expect(reply.body == "{}")
                #expect(reply.setCookie(Site.sessionCookie)?.isDeletion == true)
            }
            // Tampered with: refused without asking.
            for forged in ["A" + token.dropFirst(), String(token.dropLast()) + "!", token + "A"] where forged != token {
                var forger = site.browser()
                forger.token = forged
                #expect(try await !forger.isSignedIn())
            }
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("88 An expired session is refused, its cookie cleared, its row gone")
    func expired() async throws {
        let store = InMemoryStore()
        try await withReferences(over: store) { site in
            var browser = site.browser()
            try await browser.signIn()
            site.clock.advance(.days(14) - .seconds(1))
            #expect(try await browser.isSignedIn())
            site.clock.advance(.days(14))
            // A browser would have dropped the cookie by now.
            var late = browser
            late.token = browser.token
            let reply = try await late.get("session")
            #expect(reply.body == "{}")
            #expect(reply.setCookie(Site.sessionCookie)?.isDeletion == true)
            let record = try await store.load(try #require(UserID("user-alice")))
            #expect(record.sessions.isEmpty)
        }
    }

    @Test("89 Use is written when touchInterval has passed, and not before (deviation)")
    func writes() async throws {
        let store = InMemoryStore()
        try await withReferences({ $0.touchInterval = .seconds(100) }, over: store) { site in
            let node = Node(flow: site.tessera.flow)
            var browser = site.browser()
            try await browser.signIn()
            try await browser.session()
            await node.writeMarks(all: false)
            store.faults.resetCounts()
            site.clock.advance(.seconds(99))
            try await browser.session()
            await node.writeMarks(all: false)
            #expect(store.faults.count(of: .mark) == 0)
            site.clock.advance(.seconds(1))
            try await browser.session()
            await node.writeMarks(all: false)
            #expect(store.faults.count(of: .mark) == 1)
        }
    }

    @Test("90 Reads within a fresh window write nothing and ask nothing (deviation)")
    func readsAskNothing() async throws {
        let store = InMemoryStore()
        try await withReferences(over: store) { site in
            var browser = site.browser()
            try await browser.signIn()
            store.faults.resetCounts()
            for _ in 0..<20 {
                site.clock.advance(.seconds(10))
                try await browser.session()
            }
            #expect(store.faults.totalCount == 0)
        }
    }

    @Test("91, 92 Token and cookie are replaced once a fresh window, and expire together (deviation)")
    func replaced() async throws {
        try await withReferences { site in
            var browser = site.browser()
            try await browser.signIn()
            let first = browser.token
            site.clock.advance(.minutes(2))
            let read = try await browser.get("session")
            #expect(!read.touchesSessionCookie)
            site.clock.advance(.minutes(4))
            let moved = try await browser.get("session")
            #expect(browser.token != first)
            let expires = site.clock.now + .days(14)
            #expect(try moved.json["expires"]?.string == expires.iso8601)
            #expect(browser.jar.expiry(of: Site.sessionCookie) == expires)
        }
    }

    @Test(
        "93 The claims are those of the jwt callback, also after an update; the session callback gets the token (deviation)"
    )
    func callbacks() async throws {
        let calls = Recorder<JWTRequest.Trigger?>()
        try await withReferences({
            $0.callbacks.jwt = { request in
                calls.add(request.trigger)
                var claims = request.token
                if let name = request.session { claims["name"] = name }
                if request.user != nil { claims["role"] = "admin" }
                return claims
            }
            $0.callbacks.session = { request in
                var session = request.session
                session["role"] = request.token.claims["role"]
                return session
            }
        }) { site in
            var browser = site.browser()
            try await browser.signIn()
            #expect(try await browser.session()["role"] == "admin")
            let reply = try await browser.post("session", ["csrfToken": browser.csrf(), "data": "Eve"])
            #expect(try reply.json["user"]?.object?["name"] == "Eve")
            #expect(calls.values == [.signIn, .update])
            site.clock.advance(.minutes(6))
            let session = try await browser.session()
            #expect(session["role"] == "admin")
            #expect(session["user"]?.object?["name"] == "Eve")
            #expect(session["user"]?.object?["email"] == "alice@example.com")
        }
    }

    @Test("94 With the store down the answer is 503, and the cookie stays (deviation)")
    func storeDown() async throws {
        let store = InMemoryStore()
        try await withReferences(over: store) { site in
            var browser = site.browser()
            try await browser.signIn()
            site.clock.advance(.minutes(6))
            store.faults.failEverything()
            let reply = try await browser.get("session")
            #expect(reply.status == 503)
            #expect(reply.errorCode == "store_unavailable")
            #expect(!reply.touchesSessionCookie)
            store.faults.recover()
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("95 Signing out removes the row and tells of the session that ended")
    func signOut() async throws {
        let store = InMemoryStore()
        let told = Recorder<SessionID>()
        try await withReferences({ $0.events.signOut = { told.add($0.token.session) } }, over: store) { site in
            var browser = site.browser()
            try await browser.signIn()
            let copy = browser
            let user = try #require(UserID("user-alice"))
            let session = try #require(try await store.load(user).sessions.first)
            try await browser.signOut()
            #expect(try await store.load(user).sessions.isEmpty)
            #expect(told.values == [session.id])
            var again = copy
            #expect(try await !again.isSignedIn())
        }
    }

    @Test(
        "96 Signing out with the store down is 503; the cookie stays, for nobody is signed out (deviation)",
        arguments: [TokenFormat.reference, .standard])
    func signOutWithStoreDown(format: TokenFormat) async throws {
        let store = InMemoryStore()
        let told = Recorder<SessionID>()
        try await withSite(
            {
                $0.tokenFormat = format
                $0.events.signOut = { told.add($0.token.session) }
            }, over: store
        ) { site in
            var browser = site.browser()
            try await browser.signIn()
            store.faults.failEverything()
            let reply = try await browser.signOut()
            #expect(reply.status == 503)
            #expect(reply.header("Retry-After") == "2")
            #expect(reply.setCookies.allSatisfy { !$0.isDeletion })
            #expect(told.values.isEmpty)
            store.faults.recover()
            #expect(try await browser.isSignedIn())
            #expect(try await browser.signOut().status == 200)
            #expect(try await !browser.isSignedIn())
        }
    }

    @Test("97 The token's name is made of the configured random bytes")
    func randomBytes() async throws {
        let bytes = (0..<16).map { UInt8($0) }
        let session = try #require(SessionID(bytes: bytes))
        try await withReferences({ $0.random = RandomBytes { Array((0..<$0).map { UInt8($0 % 256) }) } }) { site in
            var browser = site.browser()
            try await browser.signIn()
            #expect(browser.token?.hasPrefix("\(session).1.") == true)
        }
    }

    @Test("98 A token is sid.gen.mac, and the store does not hold it (deviation)")
    func form() async throws {
        let store = InMemoryStore()
        try await withReferences(over: store) { site in
            var browser = site.browser()
            try await browser.signIn()
            let parts = try #require(browser.token).split(separator: ".")
            #expect(parts.map(\.count) == [22, 1, 22])
            let record = try await store.load(try #require(UserID("user-alice")))
            let claims = try #require(record.sessions.first?.claims)
            #expect(!String(decoding: claims, as: UTF8.self).contains(parts[2]))
            #expect(!String(decoding: claims, as: UTF8.self).contains("alice@example.com"))
        }
    }

    @Test(
        "150 Signing in as somebody else ends the session before, in either format",
        arguments: [TokenFormat.reference, .standard])
    func replacedByOther(format: TokenFormat) async throws {
        try await withReferences({ $0.tokenFormat = format }) { site in
            var browser = site.browser()
            try await browser.signIn()
            let alice = browser
            try await browser.signIn("bob")
            #expect(try await browser.session()["user"]?.object?["name"] == "Bob")
            var again = alice
            #expect(try await !again.isSignedIn())
            // And as the same user: the session is replaced, not added.
            let bob = browser
            try await browser.signIn("bob")
            var stale = bob
            #expect(try await !stale.isSignedIn())
            #expect(try await browser.get("sessions").json["sessions"]?.array?.count == 1)
        }
    }
}
