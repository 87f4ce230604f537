import HummingbirdTesting
import JSON
import Peers
import RedisServers
import Tessera
import TesseraProviders
import Testing

@Suite("Glewlwyd, a provider that others wrote", .serialized, .timeLimit(.minutes(3)))
struct GlewlwydTests {
    private static func settings(
        _ peer: GlewlwydPeer, _ instance: GlewlwydPeer.Instance, source: String = "id_token",
        responseMode: String? = nil
    ) -> ProviderSettings {
        ProviderSettings(
            peer: "glewlwyd", peer.definition(instance, source: source, responseMode: responseMode),
            clientID: GlewlwydPeer.clientID, secret: GlewlwydPeer.clientSecret)
    }

    @Test(
        "Sign-in with iss, state, nonce and PKCE; refresh tokens are replaced each time; sign-out goes on to it and comes back",
        arguments: [
            (GlewlwydPeer.Instance.rsa, "client_secret_basic", "id_token"),
            (.elliptic, "client_secret_post", "userinfo"), (.edwards, "client_secret_basic", "userinfo"),
        ])
    func whole(instance: GlewlwydPeer.Instance, authentication: String, source: String) async throws {
        let seen = Recorder<SignInAttempt>()
        try await GlewlwydPeer.with(Site.base) { peer in
            var settings = Self.settings(peer, instance, source: source)
            settings.clientAuthentication = authentication
            try await withIndependentSite(settings, seen: seen) { site in
                var (browser, there) = (site.browser(), peer.browser())
                let back = try await peer.signIn(from: browser.begin(at: "glewlwyd"), in: &there)
                #expect(back["iss"] == peer.issuer(instance))
                #expect(try await browser.comeBack(to: back.url).location == "\(Site.origin)/home")
                let user = try await browser.session()["user"]?.object
                #expect(user?["name"] == "Ada Lovelace")
                #expect(user?["email"] == "ada@example.test")

                let attempt = try #require(seen.values.first)
                #expect((attempt.profile?["nonce"] != nil) == (source == "id_token"), "read where it is to be read")

                let first = attempt.account.tokens["access_token"]?.string
                let second = try await browser.renewedToken("glewlwyd")
                let third = try await browser.renewedToken("glewlwyd")
                #expect(Set([first, second, third]).count == 3)

                let target = try #require(try await browser.signOut(["callbackUrl": "/bye"]).jsonURL)
                #expect(try await !browser.isSignedIn())
                let out = try #require(try await peer.signOut(from: target, in: &there))
                #expect(try await browser.comeBack(to: out).location == "\(Site.origin)/bye")
            }
        }
    }

    @Test("It has the browser post the answer, without cookies; an iss that it puts there encoded twice is refused")
    func formPost() async throws {
        try await GlewlwydPeer.with(Site.base) { peer in
            for instance in [GlewlwydPeer.Instance.nameless, .elliptic] {
                try await withIndependentSite(Self.settings(peer, instance, responseMode: "form_post")) { site in
                    var (browser, there) = (site.browser(), peer.browser())
                    let page = try await peer.signIn(from: browser.begin(at: "glewlwyd"), in: &there)
                    let posted = try await browser.pass(on: page)
                    let end = try await browser.follow(posted)
                    let isNamed = instance == .elliptic
                    #expect(page.form.fields["iss"]?.contains("http%3A%2F%2F") == (isNamed ? true : nil))
                    #expect(
                        end.location
                            == (isNamed ? "\(Site.base)/error?error=OAuthCallback" : "\(Site.origin)/home"))
                    #expect(try await browser.isSignedIn() == !isNamed)
                }
            }
        }
    }

    @Test(
        "Its own logout token, which follows a draft and has no exp, is taken in, refused in words, and ends nothing",
        arguments: [
            GlewlwydPeer.Instance.elliptic, .edwards,
        ])
    func backChannel(instance: GlewlwydPeer.Instance) async throws {
        let seen = Recorder<SignInAttempt>()
        try await GlewlwydPeer.with(Site.base) { peer in
            try await withIndependentSite(Self.settings(peer, instance), seen: seen, isLive: true) { site in
                let port = try #require(site.client.port)
                try await peer.set(backChannel: "http://127.0.0.1:\(port)/api/auth/backchannel-logout/glewlwyd")
                var (one, oneThere) = (site.browser(), peer.browser())
                var (two, twoThere) = (site.browser(), peer.browser())
                let first = try await peer.signIn(from: one.begin(at: "glewlwyd"), in: &oneThere)
                _ = try await one.comeBack(to: first.url)
                let second = try await peer.signIn(from: two.begin(at: "glewlwyd"), in: &twoThere)
                _ = try await two.comeBack(to: second.url)
                #expect(try await one.isSignedIn())
                #expect(try await two.isSignedIn())
                let hint = try #require(seen.values.first?.account.tokens["id_token"]?.string)
                _ = try await peer.signOut(
                    from: "\(peer.issuer(instance))/end_session?id_token_hint=\(hint)", in: &oneThere)
                try await eventually("refused") { site.log.values.contains { $0.contains("logout token refused") } }
                #expect(try await one.isSignedIn())
                #expect(try await two.isSignedIn())
            }
        }
    }
}
