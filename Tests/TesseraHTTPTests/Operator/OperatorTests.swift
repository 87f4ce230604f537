import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import NIOCore
import Tessera
import TesseraHTTP
import TesseraTestKit
import TesseraTokens
import Testing

/// A site and its operator's listener.
struct OperatorDesk: Sendable {
    static let key = "operator-key-0123456789"
    let site: Site
    let client: any TestClientProtocol

    @discardableResult
    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: JSONObject? = nil, key: String? = "Bearer \(key)",
        raw: [UInt8]? = nil
    ) async throws -> Reply {
        var headers: HTTPFields = [:]
        if let key { headers[.authorization] = key }
        let bytes = raw ?? body?.serialized()
        let response = try await client.executeRequest(
            uri: path, method: method, headers: headers, body: bytes.map { ByteBuffer(bytes: $0) })
        return Reply(response)
    }
}

func withOperator(
    _ change: (inout TesseraConfiguration) -> Void = { _ in }, over store: InMemoryStore? = nil,
    _ body: @Sendable (OperatorDesk) async throws -> Void
) async throws {
    try await withSite(change, over: store) { site in
        let key = try #require(OperatorKey(OperatorDesk.key))
        let responder = OperatorResponder(api: OperatorAPI(flow: site.tessera.flow, key: key))
        try await Application(responder: responder).test(.router) { client in
            try await body(OperatorDesk(site: site, client: client))
        }
    }
}

@Suite("The operator's API")
struct OperatorTests {
    @Test(
        "Nothing is done without the key",
        arguments: [
            nil, "", "Bearer", "Bearer ", "Bearer operator-key-012345678", "Bearer operator-key-01234567890",
            "Basic operator-key-0123456789", "operator-key-0123456789", "Bearer  operator-key-0123456789",
        ])
    func key(value: String?) async throws {
        try await withOperator { desk in
            var browser = desk.site.browser()
            try await browser.signIn()
            for (method, path) in [
                (.get, "/v1/users/user-alice/sessions"), (.post, "/v1/users/user-alice/revoke"),
                (.post, "/v1/everybody/revoke"), (.post, "/v1/blocklist"), (.get, "/v1/nothing"), (.get, "/"),
            ] as [(HTTPRequest.Method, String)] {
                let reply = try await desk.send(method, path, ["confirm": "everybody"], key: value)
                #expect(reply.status == 401)
                #expect(reply.errorCode == "operator_key_required")
                #expect(reply.header("WWW-Authenticate") == "Bearer")
            }
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("A key that could be guessed is none, and one prints as its kind")
    func keyValue() {
        #expect(OperatorKey("short") == nil)
        #expect(OperatorKey("0123456789abcdef").map { "\($0)" } == "operator key")
    }

    @Test("A user's sessions are listed; a user without any has none")
    func list() async throws {
        try await withOperator { desk in
            var browser = desk.site.browser()
            try await browser.signIn()
            let reply = try await desk.send(.get, "/v1/users/user-alice/sessions")
            #expect(reply.status == 200)
            #expect(try reply.json["user"] == "user-alice")
            let session = try #require(try reply.json["sessions"]?.array?.first?.object)
            #expect(session["id"] == (try browser.claims()["sid"]))
            #expect(session["current"] == nil)
            #expect(try await desk.send(.get, "/v1/users/nobody/sessions").json["sessions"] == [])
            #expect(try await desk.send(.get, "/v1/users/a%2Fb%20c/sessions").json["user"] == "a/b c")
        }
    }

    @Test("A session is revoked at once, with a reason that is logged")
    func revokeSession() async throws {
        let reasons = Recorder<EndReason>()
        try await withOperator({ $0.events.sessionsEnded = { reasons.add($0.reason) } }) { desk in
            var browser = desk.site.browser()
            try await browser.signIn()
            var other = desk.site.browser()
            try await other.signIn()
            let sid = try browser.claims()["sid"]?.string ?? ""
            let reply = try await desk.send(.delete, "/v1/users/user-alice/sessions/\(sid)", ["reason": "laptop lost"])
            #expect(reply.status == 200)
            #expect(try reply.json == ["ended": [.string(sid)], "committed": "primary"])
            #expect(try await !browser.isSignedIn())
            #expect(try await other.isSignedIn())
            #expect(reasons.values == [.revokedByOperator])
            #expect(
                desk.site.log.values.contains { $0.contains("operator revoked") && $0.contains("note=laptop lost") })
        }
    }

    @Test("A session that the store does not know is blocked, and not told to have ended")
    func revokeUnknown() async throws {
        let store = InMemoryStore()
        try await withOperator(over: store) { desk in
            let id = try #require(SessionID("AAAAAAAAAAAAAAAAAAAAAA"))
            let reply = try await desk.send(.delete, "/v1/users/user-alice/sessions/\(id)")
            #expect(reply.status == 200)
            #expect(try reply.json == ["ended": [], "committed": "primary"])
            let facts = try await store.revocations(at: desk.site.clock.now).map(\.fact)
            #expect(facts.contains(.session(id)))
        }
    }

    @Test("A user is revoked: all his sessions, nobody else's")
    func revokeUser() async throws {
        try await withOperator { desk in
            var alice = desk.site.browser()
            try await alice.signIn()
            var phone = desk.site.browser()
            try await phone.signIn()
            var bob = desk.site.browser()
            try await bob.signIn("bob")
            let reply = try await desk.send(.post, "/v1/users/user-alice/revoke", ["reason": "suspended"])
            #expect(reply.status == 200)
            #expect(try reply.json["ended"]?.array?.count == 2)
            #expect(try await !alice.isSignedIn())
            #expect(try await !phone.isSignedIn())
            #expect(try await bob.isSignedIn())
            try await alice.signIn()
            #expect(try await alice.isSignedIn())
        }
    }

    @Test("Everybody is revoked only with the confirmation", arguments: [TokenFormat.standard, .reference])
    func revokeEverybody(format: TokenFormat) async throws {
        try await withOperator({ $0.tokenFormat = format }) { desk in
            var alice = desk.site.browser()
            try await alice.signIn()
            var bob = desk.site.browser()
            try await bob.signIn("bob")
            for body: JSONObject? in [nil, [:], ["confirm": "yes"], ["confirm": true]] {
                let refused = try await desk.send(.post, "/v1/everybody/revoke", body)
                #expect(refused.status == 400)
                #expect(refused.errorCode == "confirmation_missing")
            }
            #expect(try await alice.isSignedIn())
            #expect(try await desk.send(.post, "/v1/everybody/revoke", ["confirm": "everybody"]).status == 200)
            #expect(try await !alice.isSignedIn())
            #expect(try await !bob.isSignedIn())
            try await bob.signIn("bob")
            #expect(try await bob.isSignedIn())
        }
    }

    @Test("A token on the blocklist is refused until the expiry, and only that token")
    func block() async throws {
        try await withOperator({ $0.policy.freshWindow = .hours(2) }) { desk in
            var alice = desk.site.browser()
            try await alice.signIn()
            var bob = desk.site.browser()
            try await bob.signIn("bob")
            let jti = try #require(try alice.claims()["jti"])
            let expires = desk.site.clock.now.seconds + 600
            let reply = try await desk.send(
                .post, "/v1/blocklist", ["jti": jti, "expires": .integer(expires), "reason": "leaked"])
            #expect(reply.status == 200)
            #expect(try reply.json["committed"] == "primary")
            let kept = alice
            #expect(try await !alice.isSignedIn())
            #expect(try await bob.isSignedIn())
            desk.site.clock.advance(.seconds(599))
            var again = kept
            #expect(try await !again.isSignedIn())
            // Lifted by the next sweep after the expiry, which the running node makes every minute.
            desk.site.clock.advance(.seconds(1))
            desk.site.tessera.flow.mirror.trim(at: desk.site.clock.now)
            again = kept
            #expect(try await again.isSignedIn())
        }
    }

    @Test("Requests that make no sense have stable codes")
    func errors() async throws {
        try await withOperator { desk in
            let later = JSONValue.integer(desk.site.clock.now.seconds + 60)
            for body: JSONObject in [
                [:], ["jti": "x"], ["expires": later], ["jti": "", "expires": later], ["jti": 5, "expires": later],
                ["jti": "x", "expires": "soon"], ["jti": "x", "expires": 5], ["jti": "a b", "expires": later],
            ] {
                let reply = try await desk.send(.post, "/v1/blocklist", body)
                #expect(reply.status == 400, "\(body)")
                #expect(reply.errorCode == "invalid_request")
            }
            for raw in ["[", "[]", "\u{FF}", "1"] {
                #expect(
                    try await desk.send(.post, "/v1/blocklist", raw: Array(raw.utf8)).errorCode == "invalid_request")
            }
            let large = try await desk.send(.post, "/v1/blocklist", raw: [UInt8](repeating: 0x20, count: 65_537))
            #expect(large.status == 413)
            #expect(large.errorCode == "body_too_large")
            for (method, path) in [
                (.get, "/v1"), (.get, "/v1/users"), (.post, "/v1/users/user-alice/sessions"),
                (.get, "/v2/users/a/sessions"),
                (.delete, "/v1/users/user-alice/sessions/x"), (.get, "/v1/users/%00/sessions"),
                (.get, "/v1/%zz/users/user-alice/sessions"), (.post, "/v1/users/%ff/revoke"),
            ] as [(HTTPRequest.Method, String)] {
                let reply = try await desk.send(method, path)
                #expect(reply.status == 404, "\(path)")
                #expect(reply.errorCode == "not_found")
            }
        }
    }

    @Test("With the store down every action is 503, and nothing is claimed to be done")
    func storeDown() async throws {
        let store = InMemoryStore()
        try await withOperator(over: store) { desk in
            var browser = desk.site.browser()
            try await browser.signIn()
            store.faults.failEverything()
            let later = JSONValue.integer(desk.site.clock.now.seconds + 60)
            for (method, path, body) in [
                (.get, "/v1/users/user-alice/sessions", [:]), (.post, "/v1/users/user-alice/revoke", [:]),
                (.delete, "/v1/users/user-alice/sessions/AAAAAAAAAAAAAAAAAAAAAA", [:]),
                (.post, "/v1/everybody/revoke", ["confirm": "everybody"]),
                (.post, "/v1/blocklist", ["jti": "x", "expires": later]),
            ] as [(HTTPRequest.Method, String, JSONObject)] {
                let reply = try await desk.send(method, path, body)
                #expect(reply.status == 503, "\(path)")
                #expect(reply.errorCode == "store_unavailable")
                #expect(reply.header("Retry-After") == "2")
            }
            store.faults.recover()
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("Alive is who answers; ready is who can write to its store. Neither needs the key")
    func health() async throws {
        let store = InMemoryStore()
        try await withOperator(over: store) { desk in
            let live = try await desk.send(.get, "/health/live", key: nil)
            #expect(live.status == 200)
            #expect(try live.json == ["status": "live"])
            #expect(try await desk.send(.get, "/health/ready", key: nil).json == ["status": "ready"])
            store.faults.failEverything()
            desk.site.clock.advance(.seconds(1))
            #expect(try await desk.send(.get, "/health/live", key: nil).status == 200)
            let ready = try await desk.send(.get, "/health/ready", key: nil)
            #expect(ready.status == 503)
            #expect(ready.errorCode == "store_unavailable")
            store.faults.recover()
            desk.site.clock.advance(.seconds(1))
            #expect(try await desk.send(.get, "/health/ready", key: nil).status == 200)
        }
    }

    @Test("However many ask whether it is ready, the store is asked once a second")
    func readyOnce() async throws {
        let store = InMemoryStore()
        try await withOperator(over: store) { desk in
            store.faults.resetCounts()
            let gate = store.faults.hold(.ping, moment: .before)
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<50 {
                    group.addTask { try await desk.send(.get, "/health/ready", key: nil).status }
                }
                await gate.waitForArrivals(1)
                gate.open()
                for try await status in group { #expect(status == 200) }
            }
            #expect(store.faults.count(of: .ping) == 1)
            for (wait, count) in [(999, 1), (1, 2), (0, 2), (-5000, 3)] as [(Int64, Int)] {
                desk.site.clock.advance(.milliseconds(wait))
                #expect(try await desk.send(.get, "/health/ready", key: nil).status == 200)
                #expect(store.faults.count(of: .ping) == count, "after \(wait) ms")
            }
        }
    }

    @Test("What an operator revoked stays revoked when the node starts again")
    func restart() async throws {
        let store = InMemoryStore()
        let clock = ManualClock()
        let jar = try await withSite(over: store, clock: clock) { site in
            var browser = site.browser()
            try await browser.signIn()
            let user = try #require(UserID("user-alice"))
            _ = try await site.tessera.flow.endAll(of: user, reason: .revokedByOperator)
            return browser.jar
        }
        try await withSite(over: store, clock: clock) { (site: Site) async throws in
            var browser = site.browser()
            browser.jar = jar
            #expect(try await !browser.isSignedIn())
        }
    }
}
