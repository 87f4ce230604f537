import HTTPTypes
import JSON
import Peers
import Tessera
import TesseraCore
import TesseraRuntime
import TesseraTestKit
import Testing

/// OpenID Connect RP-Initiated Logout 1.0 with a real provider.
@Suite("Signed out here, signed out at the provider", .serialized, .timeLimit(.minutes(3)))
struct SignOutElsewhereTests {
    private static let back = "\(Site.base)/signout/callback/peer"

    @Test(
        "Always: the session ends here first, the provider ends its own, and the browser comes out where it wanted to")
    func always() async throws {
        try await withPeerSite(signOut: .always) { site, peer in
            var browser = site.browser()
            try await browser.signIn(at: peer)
            let page = try await browser.get("signout")
            #expect(page.body.contains("You then sign out of") && page.body.contains("Peer"))
            var copy = browser
            let reply = try await browser.signOut(["callbackUrl": "/bye"])
            #expect(try await !copy.isSignedIn(), "ended before anybody went to the provider")
            let target = try #require(reply.jsonURL)
            #expect(target.hasPrefix("\(peer.issuer)/logout?id_token_hint=ey"))
            #expect(target.contains("&client_id=app&"))
            #expect(target.contains("&post_logout_redirect_uri=\(Browser.encode(Self.back))&state="))
            let home = try await peer.redirect(from: target)
            #expect(home.hasPrefix("\(Self.back)?state="))
            let end = try await browser.get(String(home.dropFirst(Site.base.count + 1)))
            #expect(end.location == "\(Site.origin)/bye")
            // The state counts in this browser, and once.
            #expect(try await browser.get(String(home.dropFirst(Site.base.count + 1))).location == Site.origin)
        }
    }

    @Test(
        "Coming back leads where this browser's own sign-out wanted to go, or home; the address is never the request's")
    func comingBack() async throws {
        try await withPeerSite(signOut: .always) { site, peer in
            var browser = site.browser()
            try await browser.signIn(at: peer)
            let target = try #require(try await browser.signOut(["callbackUrl": "/bye"]).jsonURL)
            let state = try #require(target.split(separator: "state=").last.map(String.init))
            var stranger = site.browser()
            let evil = "callbackUrl=https%3A%2F%2Fevil.example%2F"
            for path in ["?state=\(state)", "?state=\(state)&\(evil)", "?\(evil)", ""] {
                let reply = try await stranger.get("signout/callback/peer\(path)")
                #expect(reply.location == Site.origin, "\(path)")
            }
            // One provider's way out is not another's.
            var other = browser
            #expect(try await other.get("signout/callback/other?state=\(state)").location == Site.origin)
            site.clock.advance(.minutes(16))
            #expect(try await browser.get("signout/callback/peer?state=\(state)").location == Site.origin)
        }
    }

    @Test("As the user chooses: the page asks him, and only a session of that provider's is asked about")
    func ask() async throws {
        try await withPeerSite(signOut: .ask) { site, peer in
            var browser = site.browser()
            try await browser.signIn(at: peer)
            #expect(try await browser.get("signout").body.contains("name=\"federated\""))
            #expect(try await browser.signOut().jsonURL?.hasPrefix(Site.origin) == true)
            try await browser.signIn(at: peer)
            #expect(try await browser.signOut(["federated": "true"]).jsonURL?.hasPrefix(peer.issuer) == true)
            #expect(try await !browser.isSignedIn())
            var local = site.browser()
            try await local.signIn("alice")
            #expect(try await !local.get("signout").body.contains("federated"))
            #expect(try await local.signOut(["federated": "true"]).jsonURL?.hasPrefix(Site.origin) == true)
        }
    }

    @Test("By default nothing is asked, nothing is kept, and signing out ends here")
    func never() async throws {
        let known = InMemoryProviderSessions()
        try await withPeerSite(takesTokens: false, over: InMemoryStore(), known: known) { site, peer in
            var browser = site.browser()
            try await browser.signIn(at: peer)
            #expect(try await browser.signOut(["federated": "true"]).jsonURL?.hasPrefix(Site.origin) == true)
            #expect(known.calls == 0)
        }
    }

    @Test("Whatever the provider or the store does, the session has ended here")
    func failures() async throws {
        let known = InMemoryProviderSessions()
        try await withPeerSite(signOut: .always, over: InMemoryStore(), known: known) { site, peer in
            var browser = site.browser()
            try await browser.signIn(at: peer)
            known.fail(with: StoreError(.unavailable, "down"))
            #expect(try await browser.get("signout").status == 200)
            var copy = browser
            #expect(try await browser.signOut(["callbackUrl": "/bye"]).jsonURL == "\(Site.origin)/bye")
            known.fail(with: nil)
            #expect(try await !copy.isSignedIn())
        }
    }

    @Test("A provider that has no such page is not offered; who wants it all the same is signed out here")
    func noPage() async throws {
        try await withPeerSite(signOut: .ask) { site, peer in
            try await peer.set(fault: "no_logout")
            var browser = site.browser()
            try await browser.signIn(at: peer)
            #expect(try await !browser.get("signout").body.contains("federated"))
            #expect(try await browser.signOut(["federated": "true"]).jsonURL?.hasPrefix(Site.origin) == true)
            #expect(try await !browser.isSignedIn())
            #expect(site.log.values.contains { $0.contains("no page to sign out") })
        }
    }

    @Test("Everywhere, and at the provider")
    func everywhere() async throws {
        try await withPeerSite(signOut: .always) { site, peer in
            var (one, two) = (site.browser(), site.browser())
            try await one.signIn(at: peer)
            try await two.signIn(at: peer)
            #expect(try await one.signOut(["scope": "everywhere"]).jsonURL?.hasPrefix(peer.issuer) == true)
            #expect(try await !two.isSignedIn())
        }
    }

    @Test("The ID token is kept sealed")
    func sealed() async throws {
        let known = InMemoryProviderSessions()
        try await withPeerSite(signOut: .always, over: InMemoryStore(), known: known) { site, peer in
            var browser = site.browser()
            try await browser.signIn(at: peer)
            let name = try browser.claims()["sid"]?.string ?? ""
            let session = try #require(SessionID(name))
            let origin = try await known.origin(of: session, at: site.clock.now)
            let hint = String(decoding: try #require(origin).hint, as: UTF8.self)
            #expect(origin?.provider == "peer")
            #expect(hint.split(separator: ".", omittingEmptySubsequences: false).count == 5)
            let target = try #require(try await browser.signOut().jsonURL)
            let idToken = try #require(target.firstMatch(of: /id_token_hint=([^&]+)/)).1
            #expect(!hint.contains(idToken))
            #expect(try await known.origin(of: session, at: site.clock.now) == nil, "it is not kept any longer")
        }
    }
}
