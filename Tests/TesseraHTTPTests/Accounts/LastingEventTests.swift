import JSON
import Tessera
import TesseraCore
import TesseraRuntime
import TesseraTestKit
import Testing

@Suite("Events that must arrive are in the outbox with what they tell of")
struct LastingEventTests {
    /// A site whose events go into an outbox that nobody empties.
    private struct Scene {
        let clock = ManualClock()
        let outbox = InMemoryOutbox()
        let store: InMemoryStore
        let directory: InMemoryDirectory

        init() {
            store = InMemoryStore(outbox: outbox)
            directory = InMemoryDirectory(outbox: outbox)
        }

        func with(
            _ events: Set<WebhookSettings.Event> = Set(WebhookSettings.Event.allCases),
            _ body: @Sendable (Site) async throws -> Void
        ) async throws {
            var configuration = Site.configuration(clock: clock)
            configuration.directory = .store
            configuration.providers.append(.redirecting(NamedProvider("a")))
            configuration.providers.append(.redirecting(NamedProvider("b")))
            // Nobody listens there.
            configuration.webhooks = WebhookSettings(
                url: "http://127.0.0.1:1/hook", secrets: [try #require(Secret("a webhook secret of 32 bytes or more"))],
                events: events)
            let opened = OpenedStore(store: store, directory: directory, attempts: directory, outbox: outbox)
            try await withSite(try await Tessera.open(configuration, over: opened), clock: clock, body)
        }

        /// The messages that have come since this was last asked.
        func told() async throws -> [JSONObject] {
            let now = Timestamp(seconds: 4_000_000_000)
            let entries = try await outbox.claim(100, until: now, at: now).entries
            try await outbox.remove(entries)
            return try entries.map { try JSONObject(parsing: $0.message.body) }
        }

        /// Their types, after `event.`.
        func types() async throws -> [String] { try await told().map(\.type).sorted() }
    }

    @Test("Signing in, linking, unlinking and signing out are told, each once")
    func all() async throws {
        let scene = Scene()
        try await scene.with { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada", email: "ada@example.com")
            let first = try await scene.told()
            #expect(first.map(\.type).sorted() == ["createUser", "linkAccount", "signIn"])
            let user = try #require(try browser.user())
            #expect(first.allSatisfy { $0["data"]?.object?["user"]?.object?["id"] == .string(user) })
            let entered = try #require(first.first { $0.type == "signIn" }?["data"]?.object)
            let session = try browser.claims()["sid"]
            #expect(entered["sid"] == session)
            #expect(entered["isNewUser"] == true)
            try await browser.link("b", as: "ada-b")
            #expect(try await scene.types() == ["linkAccount"])
            let token = try await browser.csrf()
            let unlinked = try await browser.post("accounts/b/unlink", ["csrfToken": token, "account": "ada-b"])
            #expect(unlinked.status == 204)
            #expect(try await scene.types() == ["unlinkAccount"])
            try await browser.signOut()
            let last = try await scene.told()
            #expect(last.map(\.type).sorted() == ["sessionsEnded", "signOut"])
            #expect(last.first { $0.type == "sessionsEnded" }?["data"]?.object?["reason"] == "signed_out")
            try await browser.signIn("alice")
            #expect(try await scene.types() == ["signIn"])
        }
    }

    @Test("An answer of the store that is lost loses no event; a write that did not happen tells nobody")
    func lostAnswer() async throws {
        let scene = Scene()
        try await scene.with { site in
            var browser = site.browser()
            scene.store.faults.fail(.commit, moment: .before, times: 1)
            let refused = try await browser.signIn("alice")
            #expect(refused.status == 503)
            #expect(try await scene.types() == [])
            scene.store.faults.fail(.commit, moment: .after, times: 1)
            #expect(try await browser.signIn("alice").status == 503)
            #expect(try await scene.types() == ["signIn"])
            scene.store.faults.recover()
        }
    }

    @Test("A refused sign-in tells nobody, and what is not wanted is not told")
    func refused() async throws {
        let scene = Scene()
        try await scene.with([.createUser]) { site in
            var browser = site.browser()
            try await browser.signIn(at: "a", as: "ada", email: "ada@example.com")
            #expect(try await scene.types() == ["createUser"])
            var other = site.browser()
            let refused = try await other.signIn(at: "b", as: "x", email: "ada@example.com")
            #expect(refused.location?.contains("OAuthAccountNotLinked") == true)
            #expect(try await scene.types() == [])
        }
    }

    @Test("A full outbox keeps nobody from signing out")
    func full() async throws {
        let clock = ManualClock()
        let outbox = InMemoryOutbox(limit: 1)
        var configuration = Site.configuration(clock: clock)
        configuration.webhooks = WebhookSettings(
            url: "http://127.0.0.1:1/hook", secrets: [try #require(Secret("a webhook secret of 32 bytes or more"))],
            events: [.signIn, .signOut])
        let opened = OpenedStore(store: InMemoryStore(outbox: outbox), outbox: outbox)
        try await withSite(try await Tessera.open(configuration, over: opened), clock: clock) { site in
            var browser = site.browser()
            try await browser.signIn("alice")
            #expect(outbox.count == 1)
            try await browser.signOut()
            #expect(try await !browser.isSignedIn())
            #expect(outbox.count == 1)
        }
    }
}

extension JSONObject {
    /// The type of a message, after `event.`.
    fileprivate var type: String { String((self["type"]?.string ?? "").dropFirst("event.".count)) }
}
