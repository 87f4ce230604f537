import JOSE
import JSON
import TesseraCore
import Testing

@testable import TesseraProviders

/// `at_hash` and `c_hash` (OpenID Connect Core, section 3.1.3.6).
@Suite("Hashes in ID tokens")
struct TokenHashTests {
    private static let issuer = "https://accounts.google.com"

    private func check(_ algorithm: SignatureAlgorithm, _ name: String, _ digest: [UInt8]) throws {
        let rules = IDTokenRules(
            clientID: "client", algorithm: algorithm,
            issuer: IssuerRule(
                try ConfiguredProvider(ProviderSettings("google", clientID: "client", clientSecret: "s")),
                issuer: Self.issuer), documentIssuer: Self.issuer)
        let claims: JSONObject = [
            "iss": .string(Self.issuer), "aud": "client", "sub": "u", "iat": .integer(now.seconds),
            "exp": .integer(now.seconds + 60), name: .string(Base64URL.encode(Array(digest.prefix(digest.count / 2)))),
        ]
        try rules.check(claims, .init(accessToken: "token", code: "code"), at: now)
    }

    private let token = Array("token".utf8)
    private let code = Array("code".utf8)

    @Test("EdDSA has no digest in its name: SHA-512 and SHA-256 count, of what came with the token")
    func edwards() throws {
        try check(.edDSA, "at_hash", SHA512.hash(token))
        try check(.edDSA, "at_hash", SHA256.hash(token))
        try check(.edDSA, "c_hash", SHA512.hash(code))
        try check(.edDSA, "c_hash", SHA256.hash(code))
        for digest in [try SHA384.hash(token), try SHA512.hash(code), try SHA256.hash(code), []] {
            #expect(throws: ProvidersError.self) { try check(.edDSA, "at_hash", digest) }
        }
    }

    @Test("Every other algorithm has one, and no other counts")
    func named() throws {
        try check(.es256, "at_hash", SHA256.hash(token))
        try check(.rs512, "at_hash", SHA512.hash(token))
        #expect(throws: ProvidersError.self) { try check(.es256, "at_hash", SHA512.hash(token)) }
        #expect(throws: ProvidersError.self) { try check(.rs512, "at_hash", SHA256.hash(token)) }
        #expect(throws: ProvidersError.self) { try check(.es384, "c_hash", SHA384.hash(token)) }
    }
}
