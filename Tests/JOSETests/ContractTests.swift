import JOSE
import JSON
import Testing

/// The vectors of the behaviour contract, section 3.5.
struct ContractVector: Sendable, CustomStringConvertible {
    let name: String
    let secret: String
    let salt: String
    let key: String
    let vector: String
    let payload: String
    let token: String

    var description: String { name }

    static let info = "NextAuth.js Generated Encryption Key"

    static func key(secret: String, salt: String) throws -> JWK {
        let info = salt.isEmpty ? info : "\(info) (\(salt))"
        return try JWK(secret: HKDF.derive(secret: secret, salt: salt, info: info, length: 32))
    }

    func derivedKey() throws -> JWK { try Self.key(secret: secret, salt: salt) }

    static let all = [
        ContractVector(
            name: "V1", secret: "nextauth-conformance-secret-0001", salt: "",
            key: "64d8b87445b834792cf92a9918f61561bf4fb524899f2c5d71525c784eaacced", vector: "000102030405060708090a0b",
            payload:
                #"{"name":"Ada Lovelace","email":"ada@example.com","picture":"https://example.com/ada.png","sub":"user-0001","iat":1700000000,"exp":4102444800,"jti":"11111111-1111-4111-8111-111111111111"}"#,
            token:
                "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAECAwQFBgcICQoL.fL2tLXcJlj_3uqP3HooBWn5615vARqDwhCOte8h9EsPc8s5BLSOP6dPz_3u9vdzCrdsseYdy410smCAS3MI_9MFRr6DnR-HssYGnAa-SA2KfIeE9exf7ih-u1v4MTI23hBT1fibjUrnng2acq-1V1c3ZuiRrMp5lzJ_vplSYNwo8tGG8-qmvW2fRvkStsloIouqVwXJs9Udzb83Lz8pSkUFzpg_be8HyXJLpo0PrdA6GLqVeFnscC_gG.N4FQX63l7YaviN3lkLi49Q"
        ),
        ContractVector(
            name: "V2", secret: "nextauth-conformance-secret-0001", salt: "__Secure-next-auth.state",
            key: "47059cef4df995f8bcac4f924f9491684e2cd2a772a4e88dee12df169103a87b", vector: "a0a1a2a3a4a5a6a7a8a9aaab",
            payload:
                #"{"value":"Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE","provider":"github","iat":1700000000,"exp":4102444800,"jti":"22222222-2222-4222-8222-222222222222"}"#,
            token:
                "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..oKGio6Slpqeoqaqr.xCAmu4rBURtiVlCL3xastCuoFHzuoA-YXMJQvGe_wwxr1_tDZPmC-nEQ562ucLsdsxIL5EkDWjAvqI-Ghmz-CiLGeN49qYwn7G5s69BbT3gvOnKLyVPygquBQXne9MI1PtBnKs6KovrWeZgXh3oTkjHiFwqGyR5Ofe-bu3Td7CJ0U0-M7izm19kLLG1gXtZxmX3vQFfeKvKEXQ.sv-3QfF0I9zGb6xxQDIQsQ"
        ),
        ContractVector(
            name: "V3", secret: "sëcret ✓ with spaces", salt: "next-auth.pkce.code_verifier",
            key: "da09958892255c371bceed346156611750ba1c4bb2644b820d024b0f6f3eaf97", vector: "ffeeddccbbaa998877665544",
            payload:
                #"{"value":"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk","provider":"google-ü","iat":1700000000,"exp":4102444800,"jti":"33333333-3333-4333-8333-333333333333"}"#,
            token:
                "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0.._-7dzLuqmYh3ZlVE.cfRsG9AiQbU6JBBlOcu_2htiR5aFRrn-HhCUU-9jTNQlYOIjwgYTeHd00EszJMf2-0H8QnZpaf1C3m9Sh9TZTChvEKWyvozmXxqDKW79qQiPC_JZ5lE0wlwD9Fzu4sVcJ3mp-MS4khZDrX6eBNgCtzfiwuF0TMPAqQJozWwrXZ-SaxwRNtnBFDp2rYgtO2cFXzI8Ti0iCMOzgcufEA.dECM2nENgGRsvMQbQTf1cw"
        ),
    ]

    static let expired =
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..Dw4NDAsKCQgHBgUE.MjBb-KlWp8plqZsfEkJz6TqD-DvREMYqOryQQ3A7iXor9aqKmIBThDCwpFYPYbUCyg8C9x2UdvFM-7fTXk71tnie61Qi3T0FKMCgTuQ58jNLCsM-bZL72HGVNwW-upazLm8.4VUoo1IT9lhHPtlObyaz6w"

    static let policy = JWEPolicy(algorithms: [.direct], encryptions: [.a256GCM], types: .absentOr([]))
}

@Suite("Contract 3.5: tokens of NextAuth.js")
struct ContractTests {
    @Test("the key derived from secret and salt is the contract's", arguments: ContractVector.all)
    func derivedKey(vector: ContractVector) throws {
        let info = vector.salt.isEmpty ? ContractVector.info : "\(ContractVector.info) (\(vector.salt))"
        let key = try HKDF.derive(secret: vector.secret, salt: vector.salt, info: info, length: 32)
        #expect(Hex.encode(key.revealed()) == vector.key)
    }

    @Test("a token of the contract opens to its payload", arguments: ContractVector.all)
    func opens(vector: ContractVector) throws {
        let opened = try JWE.open(vector.token, accepting: ContractVector.policy, keys: [vector.derivedKey()])
        #expect(opened.plaintext == Array(vector.payload.utf8))
        #expect(opened.header.kid == nil)
    }

    @Test("the payload sealed with the contract's vector is the contract's token", arguments: ContractVector.all)
    func seals(vector: ContractVector) throws {
        let initialisation = try #require(Hex.decode(vector.vector))
        let token = try JWE.seal(
            Array(vector.payload.utf8), using: vector.derivedKey(), alg: .direct, enc: .a256GCM,
            random: ListedBytes([initialisation]))
        #expect(token == vector.token)
    }

    @Test("V4 opens and is refused as expired, and only for that")
    func expired() throws {
        let vector = ContractVector.all[0]
        let opened = try JWE.open(ContractVector.expired, accepting: ContractVector.policy, keys: [vector.derivedKey()])
        let policy = JWTClaimsPolicy()
        #expect(code { try policy.claims(from: opened.plaintext, now: 1_700_000_000) } == .tokenExpired)
        #expect(code { try policy.claims(from: opened.plaintext, now: 1_600_000_060) } == nil)
    }

    @Test("what the contract names as failing fails to decrypt")
    func negatives() throws {
        let first = ContractVector.all[0]
        let second = ContractVector.all[1]
        let changed = String(first.token.dropLast(2)) + "AA"
        #expect(changed != first.token)
        let cases: [(String, JWK)] = [
            (changed, try first.derivedKey()),
            (first.token, try ContractVector.key(secret: first.secret, salt: "x")),
            (first.token, try ContractVector.key(secret: "nope", salt: "")),
            (second.token, try ContractVector.key(secret: second.secret, salt: "")),
        ]
        for (token, key) in cases {
            #expect(
                code { try JWE.open(token, accepting: ContractVector.policy, keys: [key]) } == .decryptionFailed)
        }
    }

    @Test("an empty secret makes no key")
    func emptySecret() {
        #expect(code { try HKDF.derive(secret: "", salt: "", info: ContractVector.info, length: 32) } == .keyLength)
    }
}
