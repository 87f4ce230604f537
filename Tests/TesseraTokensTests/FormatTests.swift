import JOSE
import JSON
import TesseraCore
import TesseraTestKit
import Testing

@testable import TesseraTokens

/// A format with the keys that it needs.
struct FormatCase: Sendable, CustomTestStringConvertible {
    let format: TokenFormat
    var signingKeys: [JSONObject] = []
    var sealingKeys: [JSONObject] = []

    var testDescription: String {
        switch format {
        case .sealed(let alg, let enc): "\(alg) \(enc)"
        case .signed(let alg): "\(alg) \(signingKeys.first?["crv"]?.string ?? "")"
        case .signedThenSealed(let signing, let alg, let enc): "\(signing) in \(alg) \(enc)"
        case .reference: "reference"
        }
    }

    func tokens(_ ring: SecretRing? = nil) throws -> SessionTokens {
        try .sample(ring, format: format, signingKeys: signingKeys, sealingKeys: sealingKeys)
    }

    static func key(_ jwk: JWK) throws -> JSONObject { try jwk.privateJSON() }

    /// Every `alg` that the secret is enough for, with every `enc`.
    static let sealedFromSecret: [FormatCase] = KeyManagementAlgorithm.allCases.flatMap { alg -> [FormatCase] in
        switch alg {
        case .rsaPKCS1, .rsaOAEP, .rsaOAEP256, .ecdhES, .ecdhESA128KW, .ecdhESA192KW, .ecdhESA256KW: []
        case .direct, .a128KW, .a192KW, .a256KW, .a128GCMKW, .a192GCMKW, .a256GCMKW, .pbes2HS256A128KW,
            .pbes2HS384A192KW, .pbes2HS512A256KW:
            ContentEncryption.allCases.map { FormatCase(format: .sealed(alg: alg.rawValue, enc: $0.rawValue)) }
        }
    }

    static let signedFromSecret = ["HS256", "HS384", "HS512"].map { FormatCase(format: .signed(alg: $0)) }

    /// Every `alg` that takes a key pair.
    static func withKeyPairs() throws -> [FormatCase] {
        let rsa = try key(JWK.generateRSA())
        var cases: [FormatCase] = []
        for alg in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] {
            cases.append(FormatCase(format: .signed(alg: alg), signingKeys: [rsa]))
        }
        let curves: [(String, Curve)] = [
            ("ES256", .p256), ("ES384", .p384), ("ES512", .p521), ("EdDSA", .ed25519), ("EdDSA", .ed448),
        ]
        for (alg, curve) in curves {
            cases.append(FormatCase(format: .signed(alg: alg), signingKeys: [try key(JWK.generate(on: curve))]))
        }
        for alg in ["RSA1_5", "RSA-OAEP", "RSA-OAEP-256"] {
            cases.append(FormatCase(format: .sealed(alg: alg, enc: "A256GCM"), sealingKeys: [rsa]))
        }
        for (index, alg) in ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"].enumerated() {
            let curve = [Curve.p256, .p384, .p521, .x25519][index]
            cases.append(
                FormatCase(
                    format: .sealed(alg: alg, enc: "A128CBC-HS256"), sealingKeys: [try key(JWK.generate(on: curve))]))
        }
        cases.append(
            FormatCase(
                format: .signedThenSealed(signing: "EdDSA", alg: "ECDH-ES", enc: "A256GCM"),
                signingKeys: [try key(JWK.generate(on: .ed25519))], sealingKeys: [try key(JWK.generate(on: .x25519))]))
        return cases
    }

    static let nestedFromSecret = [
        FormatCase(format: .signedThenSealed(signing: "HS256", alg: "dir", enc: "A256GCM")),
        FormatCase(format: .signedThenSealed(signing: "HS512", alg: "A256KW", enc: "A256CBC-HS512")),
    ]

    static let fromSecret = sealedFromSecret + signedFromSecret + nestedFromSecret
}

@Suite("Formats of session tokens")
struct FormatTests {
    private func checkRoundTrip(_ format: FormatCase) throws {
        let tokens = try format.tokens()
        let session = Sample.session(generation: 41, userEpoch: 2, deploymentEpoch: 3, adoptedUntil: Sample.now + .days(9))
        let minted = try tokens.mint(session)
        let opened = try #require(tokens.own(minted.text), "\(format.testDescription)")
        #expect(opened == minted.token, "\(format.testDescription)")
        #expect(opened.claims == Sample.claims)
        #expect(opened.session == session.id && opened.generation == Generation(41))
        #expect(opened.userEpoch == Epoch(2) && opened.deploymentEpoch == Epoch(3))
        #expect(opened.adoptedUntil == Sample.now + .days(9))
        // A token of another secret, or of another key, is none.
        if format.signingKeys.isEmpty, format.sealingKeys.isEmpty {
            let other = try format.tokens(Sample.ring("another secret, as long as the first one"))
            #expect(other.own(minted.text) == nil, "\(format.testDescription)")
        }
    }

    @Test("What is minted opens to the same token: keys from the secret", arguments: FormatCase.fromSecret)
    func secretKeys(format: FormatCase) throws { try checkRoundTrip(format) }

    @Test("What is minted opens to the same token: key pairs of every family")
    func keyPairs() throws {
        for format in try FormatCase.withKeyPairs() { try checkRoundTrip(format) }
    }

    @Test("A token of one format is refused by every other, though the secret is the same")
    func otherFormats() throws {
        let formats = [
            FormatCase(format: .standard), FormatCase(format: .sealed(alg: "dir", enc: "A256CBC-HS512")),
            FormatCase(format: .sealed(alg: "A256KW", enc: "A256GCM")),
            FormatCase(format: .sealed(alg: "A256GCMKW", enc: "A256GCM")), FormatCase(format: .signed(alg: "HS256")),
            FormatCase(format: .signed(alg: "HS512")),
            FormatCase(format: .signedThenSealed(signing: "HS256", alg: "dir", enc: "A256GCM")),
            FormatCase(format: .reference),
        ]
        let makers = try formats.map { try $0.tokens() }
        for (index, maker) in makers.enumerated() {
            let text = try maker.mint().text
            for (other, reader) in makers.enumerated() where other != index {
                let result = reader.open(text, at: Sample.now)
                guard case .failure = result else {
                    Issue.record("\(formats[index].testDescription) was accepted by \(formats[other].testDescription)")
                    continue
                }
            }
        }
    }

    @Test("What others sign with a configured key is not adopted as if it were a NextAuth.js token")
    func foreignTokens() throws {
        let key = try JWK.generate(on: .p256)
        let tokens = try SessionTokens.sample(format: .signed(alg: "ES256"), signingKeys: [try key.privateJSON()])
        let foreign = try JWS.sign(Sample.payload().serialized(), using: key, alg: .es256)
        #expect(tokens.refusal(foreign) == "claims_malformed")
        let nextAuth = try Sample.nextAuth(Sample.payload())
        #expect(tokens.adopted(nextAuth) != nil, "the real ones are adopted in every format")
    }

    @Test("A format that does not fit its keys is refused with a reason")
    func unsuitableKeys() throws {
        let edwards = try JWK.generate(on: .ed25519)
        let problems: [(TokenFormat, [JSONObject], [JSONObject])] = [
            (.signed(alg: "none"), [], []), (.signed(alg: "RS256"), [], []), (.sealed(alg: "dir", enc: "none"), [], []),
            (.sealed(alg: "dir+", enc: "A256GCM"), [], []), (.sealed(alg: "RSA-OAEP", enc: "A256GCM"), [], []),
            (.signed(alg: "ES256"), [try edwards.privateJSON()], []),
            (.signed(alg: "EdDSA"), [try edwards.publicJSON()], []), (.signed(alg: "EdDSA"), [["kty": "OKP"]], []),
            (.sealed(alg: "ECDH-ES", enc: "A256GCM"), [], [try edwards.privateJSON()]),
        ]
        for (format, signing, sealing) in problems {
            let error = #expect(throws: TokenConfigurationError.self, "\(format)") {
                _ = try SessionTokens.sample(format: format, signingKeys: signing, sealingKeys: sealing)
            }
            #expect(error.map { "\($0)" }?.hasPrefix("tokens: ") == true)
        }
    }
}
