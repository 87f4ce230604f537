import HummingbirdTesting
import JSON
import Peers
import Tessera
import TesseraCore
import TesseraProviders
import TesseraRuntime
import TesseraTestKit
import Testing

@testable import TesseraHTTP

/// Runs a test against an application whose users sign in at a real OpenID provider, or with credentials.
func withPeerSite<Value: Sendable>(
    signOut: FederatedSignOut = .never, takesTokens: Bool = true, isLive: Bool = false,
    over store: InMemoryStore? = nil, known: InMemoryProviderSessions? = nil,
    change: (inout TesseraConfiguration) -> Void = { _ in }, _ body: @Sendable (Site, OpenIDPeer) async throws -> Value
) async throws {
    try await OpenIDPeer.with(Site.base) { peer in
        var settings = ProviderSettings(
            peer: "peer", peer.definition(), clientID: OpenIDPeer.clientID, secret: OpenIDPeer.clientSecret)
        settings.federatedSignOut = signOut
        settings.acceptsLogoutTokens = takesTokens
        let provider = try SignInProvider.known(settings)
        // The provider has the real time.
        let clock = ManualClock(WallClock.system.now())
        _ = try await withSite(
            {
                $0.providers = [provider, Site.credentials]
                change(&$0)
            }, over: store, providerSessions: known, clock: clock, setup: isLive ? .live : .router
        ) { site in
            try await body(site, peer)
        }
    }
}

extension ProviderSettings {
    /// A provider on this machine, as an operator writes it down: with its facts in the schema of the table.
    init(peer id: String, _ definition: JSONObject, clientID: String, secret: String) {
        self.init(id, clientID: clientID, clientSecret: secret)
        isInPrivateNetwork = true
        // The machine that tests run on may be busy.
        timeout = .seconds(20)
        self.definition = definition
    }
}

extension Browser {
    /// Begins a sign-in with a provider. Returns where the browser is sent.
    mutating func begin(at provider: String) async throws -> String {
        let begun = try await post(
            "signin/\(provider)", ["csrfToken": csrf(), "callbackUrl": "/home", "json": "true"])
        return try #require(begun.jsonURL)
    }

    /// Comes back from a provider with an address of this site's API.
    mutating func comeBack(to url: String) async throws -> Reply {
        #expect(url.hasPrefix("\(Site.base)/"))
        return try await get(String(url.dropFirst(Site.base.count + 1)))
    }

    /// Goes to the provider, whose page sends it back at once. Returns what it comes back with.
    mutating func begin(at peer: OpenIDPeer) async throws -> String {
        let back = try await peer.redirect(from: begin(at: "peer"))
        #expect(back.hasPrefix("\(Site.base)/callback/peer?"))
        return String(back.dropFirst(Site.base.count + 1))
    }

    /// Signs in at the provider, all the way.
    mutating func signIn(at peer: OpenIDPeer) async throws {
        let reply = try await get(begin(at: peer))
        #expect(reply.location == "\(Site.origin)/home")
        #expect(try await isSignedIn())
    }

    /// What a provider that says somebody has signed out is answered. It is no browser: no cookies.
    static func tell(_ site: Site, _ token: String, provider: String = "peer") async throws -> Reply {
        var sender = site.browser()
        return try await sender.post("backchannel-logout/\(provider)", ["logout_token": token])
    }
}
