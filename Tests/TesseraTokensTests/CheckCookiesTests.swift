import JOSE
import JSON
import TesseraCore
import TesseraTestKit
import Testing

@testable import TesseraTokens

@Suite("Check cookies (contract 2.5)")
struct CheckCookiesTests {
    private let name = "__Secure-next-auth.state.Ab3"

    private func sealed(_ ring: SecretRing, lifetime: Duration = CheckCookies.standardLifetime) throws -> String {
        try CheckCookies(ring: ring).seal(
            "the-state", provider: "github", cookieName: name, at: Sample.now, lifetime: lifetime, random: .seeded(5))
    }

    @Test("What was sealed opens for the same provider and name, for its lifetime")
    func roundTrip() throws {
        let ring = try Sample.ring(Sample.contractSecret)
        let cookies = CheckCookies(ring: ring)
        let text = try sealed(ring)
        #expect(cookies.open(text, provider: "github", cookieName: name, at: Sample.now) == "the-state")
        #expect(cookies.open(text, provider: "github", cookieName: name, at: Sample.now + .seconds(914)) == "the-state")
        #expect(cookies.open(text, provider: "github", cookieName: name, at: Sample.now + .seconds(916)) == nil)
        #expect(cookies.open(text, provider: "gitlab", cookieName: name, at: Sample.now) == nil)
        #expect(cookies.open(text, provider: "github", cookieName: "__Secure-next-auth.state", at: Sample.now) == nil)
        #expect(cookies.open(text, provider: "github", cookieName: name + "x", at: Sample.now) == nil)
        #expect(cookies.open(text + "x", provider: "github", cookieName: name, at: Sample.now) == nil)
        #expect(cookies.open("", provider: "github", cookieName: name, at: Sample.now) == nil)
    }

    @Test("46: another lifetime changes exp")
    func lifetime() throws {
        let ring = try Sample.ring(Sample.contractSecret)
        let text = try sealed(ring, lifetime: .seconds(60))
        let cookies = CheckCookies(ring: ring)
        #expect(cookies.open(text, provider: "github", cookieName: name, at: Sample.now + .seconds(74)) != nil)
        #expect(cookies.open(text, provider: "github", cookieName: name, at: Sample.now + .seconds(75)) == nil)
    }

    @Test("The secrets of the ring all open; the payload is what NextAuth.js writes")
    func rotation() throws {
        let text = try sealed(Sample.ring("old"))
        let during = CheckCookies(ring: try Sample.ring("new", "old"))
        #expect(during.open(text, provider: "github", cookieName: name, at: Sample.now) == "the-state")
        let after = CheckCookies(ring: try Sample.ring("new"))
        #expect(after.open(text, provider: "github", cookieName: name, at: Sample.now) == nil)
        let secret = try #require(Secret("old"))
        let key = try JWK(secret: secret.nextAuthKey(salt: name))
        let policy = JWEPolicy(algorithms: [.direct], encryptions: [.a256GCM], types: .any)
        let claims = try JSONObject(parsing: JWE.open(text, accepting: policy, keys: [key]).plaintext)
        #expect(claims.members.map(\.name) == ["value", "provider", "iat", "exp", "jti"])
        #expect(claims["exp"]?.integer == Sample.now.seconds + 900)
    }

    @Test("106: a payload without provider, without value or without exp is refused")
    func incomplete() throws {
        let cookies = CheckCookies(ring: try Sample.ring(Sample.contractSecret))
        let whole: JSONObject = [
            "value": "v", "provider": "github", "exp": .integer(Sample.now.seconds + 60), "iat": 1,
        ]
        func opens(_ payload: JSONObject) throws -> Bool {
            let text = try Sample.nextAuth(payload, salt: name)
            return cookies.open(text, provider: "github", cookieName: name, at: Sample.now) != nil
        }
        #expect(try opens(whole))
        for missing in ["value", "provider", "exp"] {
            var payload = whole
            payload[missing] = nil
            #expect(try !opens(payload), "\(missing)")
        }
        var empty = whole
        empty["value"] = ""
        #expect(try !opens(empty))
    }

    @Test("Labels keep parallel sign-ins apart and do not tell the state")
    func labels() throws {
        let cookies = CheckCookies(ring: try Sample.ring("a"))
        let labels = Set(try (0..<100).map { try cookies.label(ofState: "state-\($0)") })
        #expect(labels.count == 100)
        #expect(labels.allSatisfy { $0.utf8.count == 8 && Base64URL.decode($0) != nil })
        #expect(try cookies.label(ofState: "x") == CheckCookies(ring: Sample.ring("b")).label(ofState: "x"))
    }
}
