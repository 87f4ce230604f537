import JOSE
import JSON
import Testing

@Suite("Vectors of independent libraries")
struct VectorTests {
    @Test(
        "a file has every algorithm that is implemented, and its library supports all", arguments: VectorFiles.libraries
    )
    func filesAreComplete(name: String) throws {
        let vectors = try LibraryVectors(name)
        #expect(vectors.unsupported.isEmpty)
        #expect(Set(vectors.signed.map(\.alg)) == Set(SignatureAlgorithm.allCases.map(\.rawValue)))
        #expect(Set(vectors.sealed.map(\.alg)) == Set(KeyManagementAlgorithm.allCases.map(\.rawValue)))
        #expect(Set(vectors.sealed.compactMap(\.enc)) == Set(ContentEncryption.allCases.map(\.rawValue)))
        let curves = Set((vectors.signed + vectors.sealed).compactMap(\.key.curve))
        #expect(curves == Set(Curve.allCases))
    }

    @Test("the first library's file has every alg with every enc")
    func everyPair() throws {
        let vectors = try LibraryVectors("joserfc")
        let pairs = Set(vectors.sealed.map { "\($0.alg) \($0.enc ?? "")" })
        for alg in KeyManagementAlgorithm.allCases {
            for enc in ContentEncryption.allCases { #expect(pairs.contains("\(alg.rawValue) \(enc.rawValue)")) }
        }
    }

    @Test("a sealed token opens to its payload, under a policy of its own algorithms", arguments: VectorFiles.sealed)
    func opens(vector: TokenVector) throws {
        let alg = try #require(KeyManagementAlgorithm(rawValue: vector.alg))
        let enc = try #require(vector.enc.flatMap(ContentEncryption.init(rawValue:)))
        let policy = JWEPolicy(algorithms: [alg], encryptions: [enc], types: .absentOr(["JWT"]))
        let opened = try JWE.open(vector.token, accepting: policy, keys: [vector.key])
        #expect(opened.plaintext == vector.payload)
        #expect(opened.header.alg == alg)
        #expect(opened.header.enc == enc)
        // Once more, now that the header may be remembered.
        #expect(try JWE.open(vector.token, accepting: policy, keys: [vector.key]).plaintext == vector.payload)
    }

    @Test("a signed token verifies to its payload, under a policy of its own algorithm", arguments: VectorFiles.signed)
    func verifies(vector: TokenVector) throws {
        let alg = try #require(SignatureAlgorithm(rawValue: vector.alg))
        let policy = JWSPolicy(algorithms: [alg], types: .absentOr(["JWT"]))
        let key = vector.key.keyType == .octets ? vector.key : try vector.key.publicKey()
        for _ in 0..<2 {
            let verified = try JWS.verify(vector.token, accepting: policy, keys: [key])
            #expect(verified.payload == vector.payload)
            #expect(verified.header.alg == alg)
        }
    }

    @Test("RSASSA-PSS is taken only with the salt and the mask of RFC 7518, section 3.5")
    func pss() throws {
        let file = try VectorFiles.object("pss")
        let key = try JWK(file.object("key")).publicKey()
        let cases = try file.objects("cases")
        #expect(cases.count == 6)
        for entry in cases {
            let expected: JOSEError.Code? = try entry.text("name") == "right" ? nil : .signatureInvalid
            let found = code { try JWS.verify(entry.text("token"), accepting: Everything.signed, keys: [key]) }
            #expect(found == expected, "\(entry["name"] ?? nil)")
        }
    }

    @Test("a sealed token does not open with another key of the same kind", arguments: VectorFiles.sealed)
    func otherKey(vector: TokenVector) throws {
        let other = try OtherKeys.key(like: vector.key)
        #expect(code { try JWE.open(vector.token, accepting: Everything.sealed, keys: [other]) } == .decryptionFailed)
    }

    @Test("a signed token does not verify with another key of the same kind", arguments: VectorFiles.signed)
    func otherSigner(vector: TokenVector) throws {
        let other = try OtherKeys.key(like: vector.key)
        #expect(code { try JWS.verify(vector.token, accepting: Everything.signed, keys: [other]) } == .signatureInvalid)
    }
}

/// A second key of every kind, made once.
enum OtherKeys {
    private static let rsa = Result { try JWK.generateRSA() }

    static func key(like key: JWK) throws -> JWK {
        switch key.keyType {
        case .octets: try JWK.generateSecret(bitCount: key.bitCount)
        case .rsa: try rsa.get()
        case .ellipticCurve, .octetKeyPair: try JWK.generate(on: #require(key.curve))
        }
    }
}
