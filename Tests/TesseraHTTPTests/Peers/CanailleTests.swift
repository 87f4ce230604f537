import JSON
import Peers
import RedisServers
import Tessera
import TesseraProviders
import Testing

@Suite("Canaille, a provider that others wrote", .serialized, .timeLimit(.minutes(3)))
struct CanailleTests {
    private static func settings(_ peer: CanaillePeer, _ way: Way) -> ProviderSettings {
        var settings = ProviderSettings(
            peer: "canaille", peer.definition(algorithm: way.algorithm, source: way.source), clientID: way.clientID,
            secret: CanaillePeer.clientSecret)
        settings.clientAuthentication = way.authentication
        return settings
    }

    @Test(
        "Sign-in with state, nonce and PKCE; its tokens are renewed again and again; sign-out goes on to it and comes back",
        arguments: [
            Way(authentication: "client_secret_basic", algorithm: "RS256", source: "id_token"),
            Way(clientID: "app-post", authentication: "client_secret_post", algorithm: "ES256", source: "userinfo"),
        ])
    func whole(way: Way) async throws {
        let seen = Recorder<SignInAttempt>()
        try await CanaillePeer.with(Site.base) { peer in
            try await withIndependentSite(Self.settings(peer, way), seen: seen) { site in
                var (browser, there) = (site.browser(), peer.browser())
                let begun = try await browser.begin(at: "canaille")
                for part in ["state=", "nonce=", "code_challenge=", "code_challenge_method=S256"] {
                    #expect(begun.contains("&\(part)"))
                }
                let back = try await peer.signIn("ada", from: begun, in: &there)
                #expect(back.contains("iss=\(Browser.encode(peer.issuer))"))
                #expect(try await browser.comeBack(to: back).location == "\(Site.origin)/home")
                let user = try await browser.session()["user"]?.object
                #expect(user?["name"] == "Ada Lovelace")
                #expect(user?["email"] == "ada@example.test")
                let attempt = try #require(seen.values.first)
                #expect(attempt.account.providerAccountID == "ada")
                #expect((attempt.profile?["nonce"] != nil) == (way.source == "id_token"), "read where it is to be read")

                let first = attempt.account.tokens["access_token"]?.string
                let second = try await browser.renewedToken("canaille")
                let third = try await browser.renewedToken("canaille")
                #expect(Set([first, second, third]).count == 3)

                let target = try #require(try await browser.signOut(["callbackUrl": "/bye"]).jsonURL)
                #expect(try await !browser.isSignedIn())
                #expect(try await !peer.asksWhoItIs(from: begun, in: &there), "it has not been told yet")
                let out = try await peer.signOut(from: target, in: &there)
                #expect(try await browser.comeBack(to: out).location == "\(Site.origin)/bye")
                #expect(try await peer.asksWhoItIs(from: begun, in: &there))
            }
        }
    }

    @Test("What is its own and is understood: an auth_time with a fraction, an audience in a list, one token a second")
    func peculiarities() async throws {
        let seen = Recorder<SignInAttempt>()
        let way = Way(authentication: "client_secret_basic", algorithm: "RS256", source: "id_token")
        try await CanaillePeer.with(Site.base) { peer in
            try await withIndependentSite(Self.settings(peer, way), seen: seen) { site in
                var (browser, there) = (site.browser(), peer.browser())
                let back = try await peer.signIn("grace", from: browser.begin(at: "canaille"), in: &there)
                _ = try await browser.comeBack(to: back)
                let profile = try #require(seen.values.last?.profile)
                let time = try #require(profile["auth_time"])
                #expect(time.number != nil && time.integer == nil)
                #expect(profile["aud"] == ["app"])
                // It fails with 500 then; that has not ended the grant.
                try await eventually("two within a second") {
                    try await browser.get("accounts/canaille/token").status == 503
                }
                #expect(try await browser.renewedToken("canaille") != nil)
            }
        }
    }

    @Test("Who says no there is not signed in here")
    func denied() async throws {
        let way = Way(authentication: "client_secret_basic", algorithm: "RS256", source: "id_token")
        try await CanaillePeer.with(Site.base) { peer in
            try await withIndependentSite(Self.settings(peer, way)) { site in
                var (browser, there) = (site.browser(), peer.browser())
                let back = try await peer.signIn(
                    "ada", from: browser.begin(at: "canaille"), in: &there, consents: false)
                #expect(back.contains("error=access_denied"))
                let reply = try await browser.comeBack(to: back)
                #expect(reply.location?.hasPrefix("\(Site.base)/error?error=OAuthCallback") == true)
                #expect(try await !browser.isSignedIn())
            }
        }
    }
}
