import JSON
import Peers
import TesseraCore
import TesseraRuntime
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraProviders

@Suite("A real OpenID provider", .serialized, .timeLimit(.minutes(5)))
struct OpenIDPeerTests {
    /// Faults that nobody has to be refused for; `Docs/Providers.md` says why.
    static let accepted: Set<String> = [
        "kid_missing", "token_expires_string", "email_missing", "email_unverified", "email_other",
    ]

    /// The provider as an operator would define it.
    static func provider(
        _ peer: OpenIDPeer, source: String = "id_token", timeout: Duration = .seconds(20), clock: WallClock = .system
    ) throws -> OAuthProvider {
        var settings = ProviderSettings("peer", clientID: OpenIDPeer.clientID, clientSecret: OpenIDPeer.clientSecret)
        settings.isInPrivateNetwork = true
        settings.timeout = timeout
        settings.definition = peer.definition(source: source)
        return OAuthProvider(try ConfiguredProvider(settings), http: GuardedHTTP.anyNetwork, clock: clock)
    }

    /// What a sign-in brought to light that nobody else may learn.
    struct Secrets {
        var code = ""
        var verifier = ""
    }

    /// A whole sign-in, the browser's part included.
    @discardableResult
    static func signIn(
        _ provider: OAuthProvider, at peer: OpenIDPeer, _ secrets: inout Secrets
    ) async throws -> RedirectEnd {
        let begin = try await provider.begin(signInRequest("POST"), callbackURL: OpenIDPeer.callback)
        secrets.verifier = begin.checks[.pkceCodeVerifier] ?? ""
        let back = Address(try await peer.redirect(from: begin.url))
        secrets.code = back["code"] ?? ""
        let query = Dictionary(back.query.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        return try await provider.finish(
            signInRequest(query: query), checks: begin.checks, callbackURL: OpenIDPeer.callback)
    }

    @Test("Sign-in, from the ID token and from the profile; the tokens are renewed, each refresh token once")
    func whole() async throws {
        try await OpenIDPeer.with { peer in
            var secrets = Secrets()
            for source in ["id_token", "userinfo"] {
                let end = try await Self.signIn(Self.provider(peer, source: source), at: peer, &secrets)
                #expect(end.user.id == "user-1")
                #expect(end.user.email == (source == "userinfo" ? "ada@example.test" : nil))
                #expect(end.isEmailVerified == (source == "userinfo" ? true : nil))
            }
            let provider = try Self.provider(peer)
            let first = try await Self.signIn(provider, at: peer, &secrets).account.tokens
            let second = try await provider.refresh(first)
            #expect(second["access_token"] != first["access_token"])
            #expect(second["refresh_token"] != first["refresh_token"])
            let failure = await #expect(throws: TokenRefreshFailure.self) { try await provider.refresh(first) }
            #expect(failure?.isFinal == true)
            let target = try await provider.signOutURL(idToken: "x", returnTo: "https://app.example/", state: "s")
            #expect(
                target == "\(peer.issuer)/logout?id_token_hint=x&client_id=app"
                    + "&post_logout_redirect_uri=https%3A%2F%2Fapp.example%2F&state=s")
        }
    }

    @Test(
        "115, 116 Every fault ends in a refusal or is accepted for a reason, and no code, verifier or secret goes elsewhere"
    )
    func faults() async throws {
        try await OpenIDPeer.with { peer in
            let faults = try await peer.faults()
            #expect(faults.count == 49)
            for fault in faults {
                try await peer.set(fault: fault)
                _ = try await peer.takeRequests()
                let isAboutProfile = fault.hasPrefix("userinfo") || fault.hasPrefix("email")
                let provider = try Self.provider(
                    peer, source: isAboutProfile ? "userinfo" : "id_token",
                    timeout: fault.hasSuffix("slow") ? .milliseconds(700) : .seconds(20))
                var secrets = Secrets()
                do {
                    let end = try await Self.signIn(provider, at: peer, &secrets)
                    #expect(Self.accepted.contains(fault), "\(fault) was not noticed")
                    if fault == "email_unverified" { #expect(end.isEmailVerified == false) }
                    if fault == "token_expires_string" { #expect(end.account.tokens["expires_at"]?.integer != nil) }
                } catch let failure as SignInFailure {
                    #expect(!Self.accepted.contains(fault), "\(fault) was refused: \(failure)")
                    #expect((failure.code == .begin) == fault.hasPrefix("discovery") || fault == "issuer_mismatch")
                    #expect((failure.reason == .accessDenied) == (fault == "access_denied"))
                    for secret in [secrets.code, secrets.verifier, OpenIDPeer.clientSecret] where !secret.isEmpty {
                        #expect(!failure.message.contains(secret), "\(fault): a secret is in the message")
                    }
                }
                try await Self.checkRequests(of: peer, fault, secrets)
            }
        }
    }

    /// Code, verifier and secret are in requests to the token endpoint, and nowhere else; nobody fell into the trap.
    private static func checkRequests(of peer: OpenIDPeer, _ fault: String, _ secrets: Secrets) async throws {
        let host = String(peer.issuer.dropFirst("http://".count))
        for request in try await peer.takeRequests() {
            let path = request["path"]?.string ?? ""
            #expect(request["host"]?.string == host, "\(fault): another host")
            #expect(path != "/trap", "\(fault): fell into the trap")
            guard path != "/token" else { continue }
            let text = request.members.map(\.value.description).joined()
            for secret in [secrets.code, secrets.verifier, OpenIDPeer.clientSecret] where !secret.isEmpty {
                #expect(!text.contains(secret), "\(fault): a secret went to \(path)")
            }
            // Who is authenticated with Basic shows his secret in another form.
            #expect(request["authorization"]?.string?.hasPrefix("Basic") == false, "\(fault): a password at \(path)")
        }
    }

    @Test("New keys are found by the first token that needs them; a provider that is down or changes its mind is not")
    func rotation() async throws {
        try await OpenIDPeer.with { peer in
            let skew = Shared(Duration.zero)
            let clock = WallClock { WallClock.system.now() + skew.value }
            let provider = try Self.provider(peer, clock: clock)
            var secrets = Secrets()
            try await Self.signIn(provider, at: peer, &secrets)
            try await peer.rotateKeys()
            // Within the cooldown nobody makes the provider be asked again.
            await #expect(throws: SignInFailure.self) { try await Self.signIn(provider, at: peer, &secrets) }
            skew.change { $0 = .seconds(11) }
            _ = try await peer.takeRequests()
            try await Self.signIn(provider, at: peer, &secrets)
            try await Self.signIn(provider, at: peer, &secrets)
            let asked = try await peer.takeRequests().filter { $0["path"] == "/keys" }
            #expect(asked.count == 1)
            peer.end()
            let begun = try await provider.begin(signInRequest("POST"), callbackURL: OpenIDPeer.callback)
            #expect(begun.url.hasPrefix(peer.issuer), "what is known of it is still used")
            let fresh = try Self.provider(peer)
            let failure = await #expect(throws: SignInFailure.self) {
                try await fresh.begin(signInRequest("POST"), callbackURL: OpenIDPeer.callback)
            }
            #expect(failure?.code == .begin)
        }
    }
}
