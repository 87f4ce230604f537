import HTTPTypes
import JSON
import Tessera
import TesseraTestKit
import Testing

@Suite("A store that cannot be asked signs nobody out")
struct StoreFaultTests {
    private static let formats = [TokenFormat.standard, .reference]

    /// Every way to present a session, from the browser's point of view.
    private func requests(_ browser: inout Browser) async throws -> [(String, Reply)] {
        let token = try await browser.csrf()
        let sid = "AAAAAAAAAAAAAAAAAAAAAA"
        return [
            ("GET session", try await browser.get("session")),
            ("POST session", try await browser.post("session", ["csrfToken": token])),
            ("GET sessions", try await browser.get("sessions")),
            ("GET account", try await browser.get("account")),
            ("POST keepalive", try await browser.post("keepalive")),
            ("DELETE sessions", try await browser.send(.delete, "sessions/\(sid)")),
            ("POST end", try await browser.post("sessions/\(sid)/end", ["csrfToken": token])),
            ("POST revoke-others", try await browser.post("sessions/revoke-others", ["csrfToken": token])),
            ("POST signout", try await browser.post("signout", ["csrfToken": token])),
            (
                "POST signout everywhere",
                try await browser.post("signout", ["csrfToken": token, "scope": "everywhere"])
            ),
        ]
    }

    @Test("Every route answers 503 with Retry-After, deletes no cookie, and goes on afterwards", arguments: formats)
    func down(format: TokenFormat) async throws {
        let store = InMemoryStore()
        try await withSite({ $0.tokenFormat = format }, over: store) { site in
            var browser = site.browser()
            try await browser.signIn()
            site.clock.advance(.minutes(6))
            store.faults.failEverything()
            let token = browser.token
            for (name, reply) in try await requests(&browser) {
                #expect(reply.status == 503, "\(name)")
                #expect(reply.header("Retry-After") == "2", "\(name)")
                #expect(reply.header("Cache-Control")?.contains("no-store") == true, "\(name)")
                #expect(reply.setCookies.allSatisfy { !$0.isDeletion }, "\(name)")
                #expect(reply.errorCode == "store_unavailable", "\(name)")
            }
            #expect(browser.token == token)
            store.faults.recover()
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("A person gets a page that says to try again")
    func page() async throws {
        let store = InMemoryStore()
        try await withSite(over: store) { site in
            var browser = site.browser()
            try await browser.signIn()
            store.faults.failEverything()
            let reply = try await browser.get("account", headers: [.accept: "text/html"])
            #expect(reply.status == 503)
            #expect(reply.contentType?.hasPrefix("text/html") == true)
            #expect(reply.header("Retry-After") == "2")
            #expect(!reply.touchesSessionCookie)
        }
    }

    @Test("Inside its fresh window a session goes on without the store", arguments: formats)
    func fresh(format: TokenFormat) async throws {
        let store = InMemoryStore()
        try await withSite({ $0.tokenFormat = format }, over: store) { site in
            var browser = site.browser()
            try await browser.signIn()
            store.faults.failEverything()
            site.clock.advance(.minutes(4))
            #expect(try await browser.isSignedIn())
            #expect(try await browser.post("keepalive").status == 204)
        }
    }

    @Test("Signing in with the store down is 503, and no cookie is set")
    func signIn() async throws {
        let store = InMemoryStore()
        try await withSite(over: store) { site in
            var browser = site.browser()
            store.faults.failEverything()
            let reply = try await browser.signIn()
            #expect(reply.status == 503)
            #expect(reply.errorCode == "store_unavailable")
            #expect(!reply.touchesSessionCookie)
            store.faults.recover()
            #expect(try await browser.signIn().status == 200)
        }
    }

    @Test("A commit whose answer is lost signs nobody out", arguments: formats)
    func lostAnswer(format: TokenFormat) async throws {
        let store = InMemoryStore()
        try await withSite({ $0.tokenFormat = format }, over: store) { site in
            var browser = site.browser()
            try await browser.signIn()
            for _ in 0..<3 {
                site.clock.advance(.minutes(6))
                store.faults.fail(.commit, moment: .after, times: 1)
                let reply = try await browser.get("session")
                #expect(reply.status == 503)
                #expect(!reply.touchesSessionCookie)
                #expect(try await browser.isSignedIn())
            }
        }
    }

    @Test("A sign-out whose answer is lost is told as not done, and is done when asked again")
    func lostSignOut() async throws {
        let store = InMemoryStore()
        try await withSite(over: store) { site in
            var browser = site.browser()
            try await browser.signIn()
            store.faults.fail(.commit, moment: .after, times: 1)
            #expect(try await browser.signOut().status == 503)
            #expect(browser.token != nil)
            #expect(try await browser.signOut().status == 200)
            #expect(browser.token == nil)
        }
    }

    @Test(
        "Requests without a credential never touch the store, nor do tokens that are none of ours", arguments: formats)
    func anonymous(format: TokenFormat) async throws {
        let store = InMemoryStore()
        try await withSite({ $0.tokenFormat = format }, over: store) { site in
            store.faults.resetCounts()
            for token in [
                nil, "", "garbage", "a.b.c.d.e", ContractTokens.expired,
                "AAAAAAAAAAAAAAAAAAAAAA.1.AAAAAAAAAAAAAAAAAAAAAA",
            ] {
                var browser = site.browser()
                browser.token = token
                let csrf = try await browser.csrf()
                for path in [
                    "session", "providers", "signin", "signout", "error", "verify-request", "sessions", "account",
                    "nothing",
                ] {
                    browser.token = token
                    #expect(try await browser.get(path).status < 500)
                }
                for path in ["session", "signout", "keepalive", "sessions/revoke-others", "_log", "signin/credentials"]
                {
                    browser.token = token
                    #expect(try await browser.post(path, ["csrfToken": csrf]).status < 500)
                }
                browser.token = token
                #expect(try await browser.signIn("alice", "wrong").status == 401)
            }
            #expect(store.faults.totalCount == 0)
        }
    }

    @Test("A check within the fresh window asks the store for nothing; after it, once", arguments: formats)
    func roundTrips(format: TokenFormat) async throws {
        let store = InMemoryStore()
        try await withSite({ $0.tokenFormat = format }, over: store) { site in
            var browser = site.browser()
            try await browser.signIn()
            store.faults.resetCounts()
            for _ in 0..<10 { try await browser.session() }
            #expect(store.faults.totalCount == 0)
            site.clock.advance(.minutes(6))
            for _ in 0..<10 { try await browser.session() }
            #expect(store.faults.count(of: .commit) == 1)
            #expect(store.faults.totalCount <= 2)
        }
    }

    @Test("A slow rotation cannot undo a sign-out")
    func slowRotation() async throws {
        let store = InMemoryStore()
        try await withSite(over: store) { site in
            var browser = site.browser()
            try await browser.signIn()
            site.clock.advance(.minutes(6))
            let gate = store.faults.hold(.commit, moment: .after)
            let start = browser
            async let slow = {
                var tab = start
                try await tab.session()
                return tab.token
            }()
            await gate.waitForArrivals(1)
            async let out = {
                var tab = start
                return try await tab.signOut().status
            }()
            gate.open()
            #expect(try await out == 200)
            browser.token = try await slow
            #expect(try await !browser.isSignedIn())
        }
    }
}
