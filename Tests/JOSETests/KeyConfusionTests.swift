import JOSE
import JSON
import Testing

/// A key serves only the algorithms of its family and length, and only what it says it is for.
@Suite("Keys and algorithms")
struct KeyConfusionTests {
    private static let rsa = Result { try JWK.generateRSA() }

    private static func keys() throws -> [(name: String, key: JWK)] {
        var keys: [(name: String, key: JWK)] = [("RSA", try rsa.get())]
        for count in [16, 24, 32, 48, 64] { keys.append(("oct-\(count)", try secretKey(count))) }
        for curve in Curve.allCases { keys.append((curve.rawValue, try .generate(on: curve))) }
        return keys
    }

    @Test("each signature algorithm takes exactly the keys that RFC 7518 gives it")
    func signatures() throws {
        let allowed: [SignatureAlgorithm: Set<String>] = [
            .hs256: ["oct-32", "oct-48", "oct-64"], .hs384: ["oct-48", "oct-64"], .hs512: ["oct-64"],
            .rs256: ["RSA"], .rs384: ["RSA"], .rs512: ["RSA"], .ps256: ["RSA"], .ps384: ["RSA"], .ps512: ["RSA"],
            .es256: ["P-256"], .es384: ["P-384"], .es512: ["P-521"], .edDSA: ["Ed25519", "Ed448"],
        ]
        for (name, key) in try Self.keys() {
            for alg in SignatureAlgorithm.allCases {
                let isAllowed = try #require(allowed[alg]).contains(name)
                let refusal: JOSEError.Code =
                    name.hasPrefix("oct") && alg.rawValue.hasPrefix("HS") ? .keyLength : .keyUnsuitable
                let header = Base64URL.encode(utf8(#"{"alg":"\#(alg.rawValue)"}"#))
                #expect(
                    code { try JWS.sign([], using: key, alg: alg) } == (isAllowed ? nil : refusal), "\(alg) \(name)")
                let verified = code {
                    try JWS.verify("\(header)..AAAA", accepting: Everything.signed, keys: [key])
                }
                #expect(verified == (isAllowed ? .signatureInvalid : refusal), "\(alg) \(name)")
            }
        }
    }

    @Test("each key management algorithm takes exactly the keys that RFC 7518 and 8037 give it")
    func keyManagement() throws {
        let agreement: Set<String> = ["P-256", "P-384", "P-521", "X25519", "X448"]
        let octets: Set<String> = ["oct-16", "oct-24", "oct-32", "oct-48", "oct-64"]
        let allowed: [KeyManagementAlgorithm: Set<String>] = [
            .rsaPKCS1: ["RSA"], .rsaOAEP: ["RSA"], .rsaOAEP256: ["RSA"], .a128KW: ["oct-16"], .a192KW: ["oct-24"],
            .a256KW: ["oct-32"], .a128GCMKW: ["oct-16"], .a192GCMKW: ["oct-24"], .a256GCMKW: ["oct-32"],
            .ecdhES: agreement, .ecdhESA128KW: agreement, .ecdhESA192KW: agreement, .ecdhESA256KW: agreement,
            .pbes2HS256A128KW: octets, .pbes2HS384A192KW: octets, .pbes2HS512A256KW: octets,
        ]
        for (name, key) in try Self.keys() {
            for alg in KeyManagementAlgorithm.allCases {
                for enc in ContentEncryption.allCases {
                    let isAllowed =
                        try alg == .direct
                        ? name == "oct-\(enc.keyCount)" : #require(allowed[alg]).contains(name)
                    let refusal: Set<JOSEError.Code?> = isAllowed ? [nil] : [.keyUnsuitable, .keyLength]
                    #expect(
                        refusal.contains(code { try JWESealer(key: key, alg: alg, enc: enc) }), "\(alg) \(enc) \(name)")
                }
            }
        }
    }

    @Test("a MAC made with the bytes of a public key is no signature")
    func publicKeyAsSecret() throws {
        let rsa = try Self.rsa.get().publicKey()
        let curve = try JWK.generate(on: .p256).publicKey()
        let claims = utf8(#"{"sub":"admin"}"#)
        for key in [rsa, curve] {
            let published = try key.publicJSON()
            for bytes in [published.serialized(), try published.bytes(key.keyType == .rsa ? "n" : "x")] {
                let token = try JWS.sign(claims, using: JWK(secret: SecretBytes(bytes)), alg: .hs256)
                #expect(code { try JWS.verify(token, accepting: Everything.signed, keys: [key]) } == .keyUnsuitable)
            }
        }
    }

    @Test("use, key_ops and alg of a key are kept to")
    func restrictions() throws {
        func key(_ restrictions: JWK.Restrictions) throws -> JWK { try secretKey(32, restrictions: restrictions) }
        let token = try JWE.seal([1], using: secretKey(32), alg: .direct, enc: .a256GCM)
        let wrapped = try JWE.seal([1], using: secretKey(32), alg: .a256KW, enc: .a256GCM)
        let signed = try JWS.sign([1], using: secretKey(32), alg: .hs256)
        let cases: [(JWK.Restrictions, direct: Bool, wrapped: Bool, signed: Bool)] = [
            (.init(), true, true, true), (.init(use: "enc"), true, true, false),
            (.init(use: "sig"), false, false, true),
            (.init(use: "other"), false, false, false), (.init(operations: ["decrypt"]), true, false, false),
            (.init(operations: ["unwrapKey"]), false, true, false), (.init(operations: ["verify"]), false, false, true),
            (.init(operations: ["encrypt", "wrapKey", "sign"]), false, false, false),
            (.init(operations: []), false, false, false),
            (.init(alg: "dir"), true, false, false), (.init(alg: "A256GCM"), true, false, false),
            (.init(alg: "A256KW"), false, true, false), (.init(alg: "HS256"), false, false, true),
            (.init(alg: "A128GCM"), false, false, false),
            (.init(use: "enc", operations: ["verify"]), false, false, false),
        ]
        for entry in cases {
            let keys = JWKSet([try key(entry.0)])
            func expected(_ isAllowed: Bool) -> JOSEError.Code? { isAllowed ? nil : .keyUnsuitable }
            #expect(code { try JWE.open(token, accepting: Everything.sealed, keys: keys) } == expected(entry.direct))
            #expect(code { try JWE.open(wrapped, accepting: Everything.sealed, keys: keys) } == expected(entry.wrapped))
            #expect(code { try JWS.verify(signed, accepting: Everything.signed, keys: keys) } == expected(entry.signed))
        }
        #expect(code { try JWS.sign([], using: key(.init(operations: ["verify"])), alg: .hs256) } == .keyUnsuitable)
        #expect(
            code { try JWESealer(key: key(.init(operations: ["decrypt"])), alg: .direct, enc: .a256GCM) }
                == .keyUnsuitable)
    }

    @Test("a public key cannot sign or open")
    func publicKeys() throws {
        let key = try JWK.generate(on: .p256)
        let token = try JWE.seal([1], using: key.publicKey(), alg: .ecdhES, enc: .a128GCM)
        #expect(code { try JWE.open(token, accepting: Everything.sealed, keys: [key.publicKey()]) } == .keyUnsuitable)
        #expect(try JWE.open(token, accepting: Everything.sealed, keys: [key]).plaintext == [1])
        #expect(code { try JWS.sign([], using: key.publicKey(), alg: .es256) } == .keyUnsuitable)
        let rsa = try Self.rsa.get()
        #expect(code { try JWS.sign([], using: rsa.publicKey(), alg: .ps256) } == .keyUnsuitable)
        let sealed = try JWE.seal([1], using: rsa.publicKey(), alg: .rsaOAEP, enc: .a128GCM)
        #expect(code { try JWE.open(sealed, accepting: Everything.sealed, keys: [rsa.publicKey()]) } == .keyUnsuitable)
    }

    @Test("kid chooses the key; without it all are tried; with several of one name those that suit")
    func keyChoice() throws {
        let first = try secretKey(32, seed: 1, restrictions: .init(kid: "a"))
        let second = try secretKey(32, seed: 2, restrictions: .init(kid: "b"))
        let third = try secretKey(32, seed: 3, restrictions: .init(kid: "b"))
        let short = try secretKey(16, seed: 4, restrictions: .init(kid: "b"))
        func token(_ key: JWK, kid: String?) throws -> String {
            try JWE.seal([1], using: key, alg: .direct, enc: .a256GCM, header: HeaderParameters(kid: kid))
        }
        let keys: JWKSet = [first, short, second, third]
        func found(_ token: String) -> JOSEError.Code? {
            code { try JWE.open(token, accepting: Everything.sealed, keys: keys) }
        }
        for key in [first, second, third] {
            #expect(try JWE.open(token(key, kid: nil), accepting: Everything.sealed, keys: keys).key === key)
            #expect(try JWE.open(token(key, kid: key.kid), accepting: Everything.sealed, keys: keys).key === key)
        }
        #expect(found(try token(second, kid: "a")) == .decryptionFailed)
        #expect(found(try token(first, kid: "c")) == .keyUnknown)
        #expect(found(try token(first, kid: "")) == .keyUnknown)
        let accented = try secretKey(32, seed: 9, restrictions: .init(kid: "\u{E9}"))
        let decomposed = try token(accented, kid: "e\u{301}")
        #expect(code { try JWE.open(decomposed, accepting: Everything.sealed, keys: [accented]) } == .keyUnknown)
    }
}
