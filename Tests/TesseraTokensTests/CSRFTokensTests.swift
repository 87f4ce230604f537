import TesseraTestKit
import Testing

@testable import TesseraTokens

@Suite("CSRF tokens (contract 2.3)")
struct CSRFTokensTests {
    @Test(
        "The contract's vectors",
        arguments: [
            ("csrf", "secret", "c0cbdcb1753b9a518167996c4fa23435179203b312ca3d8f6db0812d999a27fc"),
            (
                "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "nextauth-conformance-secret-0001",
                "95c1dccbeb1dd5e9e3a53c45e319b547fe884237f41ec78b6241bf00caf6102f"
            ),
        ])
    func vectors(token: String, secret: String, hash: String) throws {
        let ring = try #require(Secret(secret).flatMap { SecretRing([$0]) })
        let tokens = CSRFTokens(ring: ring)
        #expect(try tokens.cookieValue(for: token) == "\(token)|\(hash)")
        #expect(tokens.token(inCookie: "\(token)|\(hash)") == token)
        #expect(tokens.token(inCookie: "\(token)x|\(hash)") == nil)
    }
}

@Suite("CSRF tokens: what verifies")
struct CSRFVerificationTests {
    @Test("A cookie of any secret of the ring is ours; the first one signs")
    func rotation() throws {
        let old = CSRFTokens(ring: try Sample.ring("old"))
        let during = CSRFTokens(ring: try Sample.ring("new", "old"))
        let token = during.make(random: .seeded(1))
        #expect(token.utf8.count == 64 && token.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) })
        #expect(during.token(inCookie: try old.cookieValue(for: token)) == token)
        #expect(old.token(inCookie: try during.cookieValue(for: token)) == nil)
        #expect(during.make(random: .seeded(2)) != token)
    }

    @Test("Anything else in the cookie is no token")
    func refused() throws {
        let tokens = CSRFTokens(ring: try Sample.ring("secret"))
        let value = try tokens.cookieValue(for: "csrf")
        let hash = String(value.dropFirst(5))
        let others = [
            nil, "", "|", "csrf", "csrf|", "|" + hash, "csrf|" + hash + "|", "csrf|" + hash.uppercased(),
            "csrf|" + hash.dropLast(), "csrf%7C" + hash, "csrF|" + hash, value + String(repeating: "x", count: 512),
        ]
        for other in others { #expect(tokens.token(inCookie: other) == nil, "\(other ?? "nil")") }
        #expect(try tokens.token(inCookie: tokens.cookieValue(for: "")) == nil)
    }

    @Test("A form has to repeat the token exactly")
    func matching() throws {
        let tokens = CSRFTokens(ring: try Sample.ring("secret"))
        #expect(tokens.matches("csrf", "csrf"))
        for other in [nil, "", "csr", "csrf ", "CSRF"] { #expect(!tokens.matches(other, "csrf")) }
    }
}
