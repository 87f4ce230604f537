import HTTPTypes
import HummingbirdTesting
import JSON
import Peers
import Tessera
import TesseraCore
import TesseraRuntime
import TesseraTestKit
import Testing

/// OpenID Connect Back-Channel Logout 1.0 with a real provider.
@Suite("Signed out at the provider, signed out here", .serialized, .timeLimit(.minutes(3)))
struct BackChannelTests {
    /// The provider's own session, as the ID token of the last sign-in named it.
    private final class Seen: Sendable {
        let sids = Recorder<String>()

        func configure(_ configuration: inout TesseraConfiguration) {
            let sids = sids
            configuration.callbacks.signIn = { attempt in
                if let sid = attempt.profile?["sid"]?.string { sids.add(sid) }
                return .allow
            }
        }
    }

    @Test(
        "A sid ends the session that was begun from it, and no other; with a directory or without, in every format",
        arguments: [DirectoryLocation.none, .store], [TokenFormat.standard, .reference])
    func session(directory: DirectoryLocation, format: TokenFormat) async throws {
        let seen = Seen()
        let ended = Recorder<EndReason>()
        try await withPeerSite(change: {
            seen.configure(&$0)
            $0.directory = directory
            $0.tokenFormat = format
            $0.events.sessionsEnded = { ended.add($0.reason) }
        }) { site, peer in
            var (one, two, local) = (site.browser(), site.browser(), site.browser())
            try await one.signIn(at: peer)
            try await two.signIn(at: peer)
            try await local.signIn("bob")
            let sid = try #require(seen.sids.values.first)
            let reply = try await Browser.tell(site, peer.logoutToken("{\"sid\": \"\(sid)\"}"))
            #expect(reply.status == 200)
            #expect(reply.header("Cache-Control") == "no-store")
            #expect(reply.setCookies.isEmpty && reply.body.isEmpty)
            #expect(try await !one.isSignedIn())
            #expect(try await two.isSignedIn())
            #expect(try await local.isSignedIn())
            #expect(ended.values == [.signedOutAtProvider])
            // A provider that does not know that it was heard says it again, with a token of its own.
            #expect(try await Browser.tell(site, peer.logoutToken("{\"sid\": \"\(sid)\"}")).status == 200)
        }
    }

    @Test("A sub ends all that was begun from it, however many browsers; a user of the same name elsewhere stays")
    func subject() async throws {
        let seen = Seen()
        try await withPeerSite(change: {
            seen.configure(&$0)
            $0.providers.append(.redirecting(NamedProvider("other")))
        }) { site, peer in
            var (one, two, namesake) = (site.browser(), site.browser(), site.browser())
            try await one.signIn(at: peer)
            try await two.signIn(at: peer)
            try await namesake.signIn(at: "other", as: "user-1")
            let nobody = try await Browser.tell(site, peer.logoutToken("{\"sub\": \"user-2\"}"))
            #expect(nobody.status == 200, "who is not here is signed out")
            let mixed = try await Browser.tell(
                site, peer.logoutToken("{\"sub\": \"user-2\", \"sid\": \"\(seen.sids.values[0])\"}"))
            #expect(mixed.status == 200)
            #expect(try await one.isSignedIn(), "that sid is not user-2's")
            #expect(try await Browser.tell(site, peer.logoutToken("{\"sub\": \"user-1\"}")).status == 200)
            #expect(try await !one.isSignedIn())
            #expect(try await !two.isSignedIn())
            #expect(try await namesake.isSignedIn())
        }
    }

    @Test("What is no logout token ends nothing, and is 400; a token counts once")
    func refused() async throws {
        try await withPeerSite { site, peer in
            var browser = site.browser()
            try await browser.signIn(at: peer)
            let wrong = [
                "", "nonsense", try await peer.logoutToken("{\"sub\": \"user-1\", \"nonce\": \"n\"}"),
                try await peer.logoutToken("{\"sub\": \"user-1\", \"aud\": \"another\"}"),
            ]
            for token in wrong {
                let reply = try await Browser.tell(site, token)
                #expect(reply.status == 400)
                #expect(reply.errorCode == "invalid_request")
                #expect(reply.header("Cache-Control") == "no-store")
                #expect(reply.setCookies.isEmpty)
            }
            let token = try await peer.logoutToken("{\"sub\": \"user-1\"}")
            #expect(try await Browser.tell(site, token, provider: "credentials").status == 400)
            #expect(try await Browser.tell(site, token, provider: "nobody").status == 400)
            #expect(try await browser.isSignedIn())
            #expect(try await Browser.tell(site, token).status == 200)
            #expect(try await !browser.isSignedIn())
            let again = try await Browser.tell(site, token)
            #expect(again.status == 400 && again.body.contains("used before"))
            #expect(site.log.values.contains { $0.contains("logout token refused") })
            #expect(!site.log.values.contains { $0.contains(token) })
        }
    }

    @Test("A provider that is not to be believed about that is not")
    func notConfigured() async throws {
        try await withPeerSite(takesTokens: false) { site, peer in
            var browser = site.browser()
            try await browser.signIn(at: peer)
            #expect(try await Browser.tell(site, peer.logoutToken("{\"sub\": \"user-1\"}")).status == 400)
            #expect(try await browser.isSignedIn())
        }
    }

    @Test("A sign-in that was under way when its user signed out at the provider begins no session")
    func underWay() async throws {
        try await withPeerSite { site, peer in
            var browser = site.browser()
            let back = try await browser.begin(at: peer)
            // Later than any ID token of this test, by a clock that is as far ahead as it may be.
            let token = try await peer.logoutToken(
                "{\"sub\": \"user-1\", \"iat\": \(WallClock.system.now().seconds + 8)}")
            #expect(try await Browser.tell(site, token).status == 200)
            let reply = try await browser.get(back)
            #expect(reply.location == "\(Site.base)/error?error=OAuthCallback")
            #expect(try await !browser.isSignedIn())
        }
    }

    @Test("A logout that comes in the very moment in which its session begins, ends it")
    func inBetween() async throws {
        let tell = Switch<(@Sendable () async -> Void)?>(nil)
        try await withPeerSite(change: {
            // Somebody else's session makes way after it is kept where the new one comes from, and before that is made.
            $0.events.sessionsEnded = { if $0.reason == .replaced { await tell.value?() } }
        }) { site, peer in
            var browser = site.browser()
            try await browser.signIn("alice")
            let back = try await browser.begin(at: peer)
            tell.value = { _ = try? await Browser.tell(site, peer.logoutToken("{\"sub\": \"user-1\"}")) }
            #expect(try await browser.get(back).status == 503)
            #expect(try await !browser.isSignedIn())
        }
    }

    @Test("Where the store cannot end the sessions, the provider is told so, and its token still counts afterwards")
    func storeFails() async throws {
        let store = InMemoryStore()
        let known = InMemoryProviderSessions()
        try await withPeerSite(over: store, known: known) { site, peer in
            var browser = site.browser()
            try await browser.signIn(at: peer)
            let token = try await peer.logoutToken("{\"sub\": \"user-1\"}")
            for failure in [true, false] {
                if failure { store.faults.failEverything() } else { known.fail(with: StoreError(.unavailable, "down")) }
                let reply = try await Browser.tell(site, token)
                #expect(reply.status == 400 && reply.errorCode == "logout_failed")
                if failure { store.faults.recover() } else { known.fail(with: nil) }
                #expect(try await browser.isSignedIn())
            }
            #expect(try await Browser.tell(site, token).status == 200)
            #expect(try await !browser.isSignedIn())
        }
    }

    @Test("The provider tells of it by itself, over the network, when somebody signs out there")
    func live() async throws {
        let seen = Recorder<String>()
        try await withPeerSite(
            signOut: .always, isLive: true,
            change: {
                $0.callbacks.signIn = {
                    seen.add($0.account.tokens["id_token"]?.string ?? "")
                    return .allow
                }
            }
        ) { site, peer in
            var (one, two) = (site.browser(), site.browser())
            try await one.signIn(at: peer)
            try await two.signIn(at: peer)
            let port = try #require(site.client.port)
            try await peer.set(backChannel: "http://127.0.0.1:\(port)/api/auth/backchannel-logout/peer")
            // The user signs out there, in a browser that has nothing to do with this site.
            let hint = try #require(seen.values.first)
            let end = "\(peer.issuer)/logout?client_id=app&id_token_hint=\(hint)"
            _ = try await peer.redirect(
                from: "\(end)&post_logout_redirect_uri=\(Browser.encode("\(Site.base)/signout/callback/peer"))")
            let told = try await peer.told()
            #expect(told == [["status": 200, "cacheControl": "no-store"]])
            #expect(try await !one.isSignedIn())
            #expect(try await two.isSignedIn())
        }
    }
}
