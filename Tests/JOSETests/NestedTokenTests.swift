import JOSE
import Testing

@Suite("Signed, then sealed")
struct NestedTokenTests {
    private static let sealed = JWEPolicy(algorithms: [.direct], encryptions: [.a256GCM], types: .any)
    private static let signed = JWSPolicy(algorithms: [.edDSA], types: .any)

    private let signer: JWK
    private let sealer: JWK

    init() throws {
        signer = try .generate(on: .ed25519)
        sealer = try secretKey(32)
    }

    private func make(_ payload: [UInt8]) throws -> String {
        try NestedToken.make(
            payload, signing: .init(key: signer, alg: .edDSA, header: HeaderParameters(kid: nil, typ: "JWT")),
            sealing: .init(key: sealer, alg: .direct, enc: .a256GCM))
    }

    private func open(_ token: String, sealed: JWEPolicy = sealed) throws -> NestedToken.Opened {
        try NestedToken.open(
            token, sealed: sealed, sealingKeys: [sealer], signed: Self.signed, signingKeys: [signer.publicKey()])
    }

    private func seal(_ content: String, cty: String?) throws -> String {
        try JWE.seal(utf8(content), using: sealer, alg: .direct, enc: .a256GCM, header: HeaderParameters(cty: cty))
    }

    @Test("what was signed and sealed comes back, with both headers")
    func roundTrip() throws {
        let opened = try open(make(utf8("claims")))
        #expect(opened.payload == utf8("claims"))
        #expect(opened.sealedHeaders.map(\.cty) == ["JWT"])
        #expect(opened.signedHeader.typ == "JWT")
    }

    @Test("a signature by a stranger, or a seal without a signature, is refused")
    func strangers() throws {
        let stranger = try JWS.sign([1], using: .generate(on: .ed25519), alg: .edDSA)
        #expect(code { try open(seal(stranger, cty: "JWT")) } == .signatureInvalid)
        #expect(code { try open(seal("{}", cty: nil)) } == .tokenMalformed)
        #expect(code { try open(seal("{}", cty: "JWT")) } == .tokenMalformed)
        let hmac = try JWS.sign([1], using: secretKey(32), alg: .hs256)
        #expect(code { try open(seal(hmac, cty: "JWT")) } == .algorithmNotAccepted)
    }

    @Test("a signed token that is not sealed, and one whose seal does not say so, are refused")
    func unsealed() throws {
        let inner = try JWS.sign([1], using: signer, alg: .edDSA)
        #expect(code { try open(inner) } == .tokenMalformed)
        #expect(code { try open(seal(inner, cty: nil)) } == .tokenMalformed)
        #expect(code { try open(seal(inner, cty: "text")) } == .tokenMalformed)
        #expect(try open(seal(inner, cty: "application/jwt")).payload == [1])
    }

    @Test("as many layers as the limit allows, and no more")
    func depth() throws {
        var token = try JWS.sign([1], using: signer, alg: .edDSA)
        for layers in 2...6 {
            token = try seal(token, cty: "JWT")
            for limit in 1...6 {
                let policy = JWEPolicy(
                    algorithms: [.direct], encryptions: [.a256GCM], types: .any, limits: JOSELimits(nesting: limit))
                let expected: JOSEError.Code? = layers <= limit ? nil : .nestingTooDeep
                #expect(code { try open(token, sealed: policy) } == expected, "\(layers) layers, limit \(limit)")
            }
        }
    }

    @Test("a token longer than the limit is refused before it is opened")
    func size() throws {
        let policy = JWEPolicy(
            algorithms: [.direct], encryptions: [.a256GCM], types: .any, limits: JOSELimits(tokenSize: 100))
        #expect(code { try open(make([]), sealed: policy) } == .tokenTooLarge)
    }
}
