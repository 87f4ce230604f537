import JSON
import Peers
import TesseraCore
import TesseraRuntime
import Testing

@testable import TesseraProviders

@Suite("Logout tokens of a real OpenID provider", .serialized, .timeLimit(.minutes(2)))
struct LogoutTokenTests {
    /// A token that is wrong in one way: what is changed of a right one, and what must be noticed.
    struct Forgery: Sendable, CustomTestStringConvertible {
        let what: String
        var claims = "{\"sub\": \"user-1\"}"
        var header = "{}"
        var fault: String?
        let code: ProvidersError.Code
        /// What the refusal says, so that no other check does this one's work.
        let message: String

        var testDescription: String { what }
    }

    static let forgeries = [
        Forgery(
            what: "another issuer", claims: "{\"sub\": \"u\", \"iss\": \"https://evil.example\"}",
            code: .idTokenInvalid, message: "another issuer"),
        Forgery(what: "no issuer", claims: "{\"sub\": \"u\", \"iss\": null}", code: .idTokenInvalid, message: "no iss"),
        Forgery(
            what: "another audience", claims: "{\"sub\": \"u\", \"aud\": \"another\"}", code: .idTokenInvalid,
            message: "refused"),
        Forgery(
            what: "no audience", claims: "{\"sub\": \"u\", \"aud\": null}", code: .idTokenInvalid, message: "refused"),
        Forgery(
            what: "no iat", claims: "{\"sub\": \"u\", \"iat\": null}", code: .logoutTokenInvalid,
            message: "iat is missing"),
        Forgery(
            what: "an iat to come", claims: "{\"sub\": \"u\", \"iat\": 4000000000, \"exp\": 4000000100}",
            code: .logoutTokenInvalid, message: "to come"),
        Forgery(
            what: "an old iat", claims: "{\"sub\": \"u\", \"iat\": 1000}", code: .logoutTokenInvalid, message: "too old"
        ),
        Forgery(
            what: "no exp", claims: "{\"sub\": \"u\", \"exp\": null}", code: .logoutTokenInvalid,
            message: "exp is missing"),
        Forgery(
            what: "a past exp", claims: "{\"sub\": \"u\", \"exp\": 1000}", code: .logoutTokenInvalid, message: "past"),
        Forgery(
            what: "no jti", claims: "{\"sub\": \"u\", \"jti\": null}", code: .logoutTokenInvalid, message: "no jti"),
        Forgery(
            what: "a jti that is none", claims: "{\"sub\": \"u\", \"jti\": 7}", code: .logoutTokenInvalid,
            message: "jti is no text"),
        Forgery(
            what: "no events", claims: "{\"sub\": \"u\", \"events\": null}", code: .logoutTokenInvalid,
            message: "no logout"),
        Forgery(
            what: "another event", claims: "{\"sub\": \"u\", \"events\": {\"urn:other\": {}}}",
            code: .logoutTokenInvalid, message: "no logout"),
        Forgery(
            what: "an event that is no object",
            claims: "{\"sub\": \"u\", \"events\": {\"http://schemas.openid.net/event/backchannel-logout\": true}}",
            code: .logoutTokenInvalid, message: "no logout"),
        Forgery(
            what: "a nonce", claims: "{\"sub\": \"u\", \"nonce\": \"n\"}", code: .logoutTokenInvalid, message: "nonce"),
        Forgery(what: "nobody", claims: "{}", code: .logoutTokenInvalid, message: "names nobody"),
        Forgery(
            what: "a sub that is no text", claims: "{\"sub\": 1, \"sid\": \"s\"}", code: .logoutTokenInvalid,
            message: "sub is no text"),
        Forgery(
            what: "an empty sid", claims: "{\"sub\": \"u\", \"sid\": \"\"}", code: .logoutTokenInvalid,
            message: "sid is no text"),
        Forgery(
            what: "another kind of token", header: "{\"typ\": \"at+jwt\"}", code: .idTokenInvalid, message: "refused"),
        Forgery(what: "a broken signature", fault: "sig_bad", code: .idTokenInvalid, message: "refused"),
        Forgery(what: "somebody else's key", fault: "sig_other_key", code: .idTokenInvalid, message: "refused"),
        Forgery(what: "no signature", fault: "alg_none", code: .idTokenInvalid, message: "refused"),
        Forgery(
            what: "HMAC with the client's secret", fault: "hs256_secret", code: .idTokenInvalid, message: "refused"),
        Forgery(what: "HMAC with the public key", fault: "hs256_pubkey", code: .idTokenInvalid, message: "refused"),
        Forgery(what: "a key that it brings along", fault: "jwk_header", code: .idTokenInvalid, message: "refused"),
        Forgery(
            what: "a key at an address that it names", fault: "jku_header", code: .idTokenInvalid, message: "refused"),
        Forgery(
            what: "an extension that must be understood", fault: "crit_header", code: .idTokenInvalid,
            message: "refused"),
    ]

    @Test("Every check has a token that only it refuses")
    func forgeries() async throws {
        try await OpenIDPeer.with { peer in
            let provider = try OpenIDPeerTests.provider(peer)
            for forgery in Self.forgeries {
                try await peer.set(fault: forgery.fault)
                let token = try await peer.logoutToken(forgery.claims, header: forgery.header)
                let error = await #expect(throws: ProvidersError.self, "\(forgery)") {
                    try await provider.logoutNotice(token)
                }
                #expect(error?.code == forgery.code, "\(forgery)")
                #expect(error?.message.contains(forgery.message) == true, "\(forgery): \(error?.message ?? "")")
            }
            #expect(try await peer.takeRequests().allSatisfy { $0["path"] != "/trap" })
        }
    }

    @Test(
        "A right one names a subject, a session of the provider's, or both; also with its own type, or several audiences"
    )
    func right() async throws {
        try await OpenIDPeer.with { peer in
            let provider = try OpenIDPeerTests.provider(peer)
            let both = try await provider.logoutNotice(peer.logoutToken("{\"sub\": \"user-1\", \"sid\": \"s-1\"}"))
            #expect(both.subject == "user-1" && both.session == "s-1" && both.issuer == peer.issuer)
            #expect(!both.tokenID.isEmpty && both.expires > both.issuedAt)
            let subject = try await provider.logoutNotice(
                peer.logoutToken("{\"sub\": \"user-1\"}", header: "{\"typ\": \"logout+jwt\"}"))
            #expect(subject.subject == "user-1" && subject.session == nil)
            let session = try await provider.logoutNotice(
                peer.logoutToken("{\"sid\": \"s-1\", \"aud\": [\"app\", \"other\"]}"))
            #expect(session.subject == nil && session.session == "s-1")
        }
    }

    @Test("An ID token is no logout token, and a logout token no ID token")
    func confusion() async throws {
        try await OpenIDPeer.with { peer in
            let provider = try OpenIDPeerTests.provider(peer)
            var secrets = OpenIDPeerTests.Secrets()
            let end = try await OpenIDPeerTests.signIn(provider, at: peer, &secrets)
            let idToken = try #require(end.identity?.idToken)
            await #expect(throws: ProvidersError.self) { try await provider.logoutNotice(idToken) }
            let logoutToken = try await peer.logoutToken("{\"sub\": \"user-1\"}")
            await #expect(throws: ProvidersError.self) { try await provider.verify(logoutToken, .init(nonce: "n")) }
        }
    }
}
