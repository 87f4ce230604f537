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
