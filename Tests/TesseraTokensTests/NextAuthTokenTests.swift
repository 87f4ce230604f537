import JOSE
import JSON
import TesseraCore
import TesseraTestKit
import Testing

@testable import TesseraTokens

/// Checklist 54 to 66 of the contract.
@Suite("NextAuth.js tokens (contract 3)")
struct NextAuthTokenTests {
    static let v1 =
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAECAwQFBgcICQoL.fL2tLXcJlj_3uqP3HooBWn5615vARqDwhCOte8h9EsPc8s5B"
        + "LSOP6dPz_3u9vdzCrdsseYdy410smCAS3MI_9MFRr6DnR-HssYGnAa-SA2KfIeE9exf7ih-u1v4MTI23hBT1fibjUrnng2acq-1V1c3ZuiR"
        + "rMp5lzJ_vplSYNwo8tGG8-qmvW2fRvkStsloIouqVwXJs9Udzb83Lz8pSkUFzpg_be8HyXJLpo0PrdA6GLqVeFnscC_gG."
        + "N4FQX63l7YaviN3lkLi49Q"
    static let v2 =
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..oKGio6Slpqeoqaqr.xCAmu4rBURtiVlCL3xastCuoFHzuoA-YXMJQvGe_wwxr1_tD"
        + "ZPmC-nEQ562ucLsdsxIL5EkDWjAvqI-Ghmz-CiLGeN49qYwn7G5s69BbT3gvOnKLyVPygquBQXne9MI1PtBnKs6KovrWeZgXh3oTkjHiFw"
        + "qGyR5Ofe-bu3Td7CJ0U0-M7izm19kLLG1gXtZxmX3vQFfeKvKEXQ.sv-3QfF0I9zGb6xxQDIQsQ"
    static let v3 =
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0.._-7dzLuqmYh3ZlVE.cfRsG9AiQbU6JBBlOcu_2htiR5aFRrn-HhCUU-9jTNQlYOIj"
        + "wgYTeHd00EszJMf2-0H8QnZpaf1C3m9Sh9TZTChvEKWyvozmXxqDKW79qQiPC_JZ5lE0wlwD9Fzu4sVcJ3mp-MS4khZDrX6eBNgCtzfiwu"
        + "F0TMPAqQJozWwrXZ-SaxwRNtnBFDp2rYgtO2cFXzI8Ti0iCMOzgcufEA.dECM2nENgGRsvMQbQTf1cw"
    static let v4 =
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..Dw4NDAsKCQgHBgUE.MjBb-KlWp8plqZsfEkJz6TqD-DvREMYqOryQQ3A7iXor9aqK"
        + "mIBThDCwpFYPYbUCyg8C9x2UdvFM-7fTXk71tnie61Qi3T0FKMCgTuQ58jNLCsM-bZL72HGVNwW-upazLm8.4VUoo1IT9lhHPtlObyaz6w"

    @Test("54: the header of what NextAuth.js makes is exactly alg and enc; ours adds its kid")
    func header() throws {
        #expect(try Sample.nextAuth([:]).hasPrefix("eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0.."))
        let ours = try SessionTokens.sample().mint().text
        let text = try #require(Base64URL.decode(String(ours.prefix { $0 != "." })))
        let header = try JSONObject(parsing: text)
        #expect(header["alg"] == "dir" && header["enc"] == "A256GCM" && header.count == 3 && header["kid"] != nil)
    }

    @Test("55: V1 opens as the session token that it is; V2 and V3 as what their cookies kept")
    func vectors() throws {
        let token = try #require(try SessionTokens.sample().adopted(Self.v1))
        #expect(token.user == UserID("user-0001"))
        #expect(token.id == TokenID("11111111-1111-4111-8111-111111111111"))
        #expect(token.issuedAt == Timestamp(seconds: 1_700_000_000))
        #expect(token.expires == Timestamp(seconds: 4_102_444_800))
        let claims: JSONObject = [
            "name": "Ada Lovelace", "email": "ada@example.com", "picture": "https://example.com/ada.png",
            "sub": "user-0001",
        ]
        #expect(token.claims == claims)
        #expect(token.payload.count == 7)
        let cookies = CheckCookies(ring: try Sample.ring(Sample.contractSecret))
        #expect(
            cookies.open(Self.v2, provider: "github", cookieName: "__Secure-next-auth.state", at: Sample.now)
                == "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE")
        let others = CheckCookies(ring: try Sample.ring("sëcret ✓ with spaces"))
        #expect(
            others.open(Self.v3, provider: "google-ü", cookieName: "next-auth.pkce.code_verifier", at: Sample.now)
                == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    }

    @Test("56: V4 has expired; changed, salted otherwise or with another secret, nothing opens")
    func negativeVectors() throws {
        let tokens = try SessionTokens.sample()
        #expect(tokens.refusal(Self.v4) == "token_expired")
        #expect(tokens.adopted(Self.v4, at: Timestamp(seconds: 1_600_000_000)) != nil)
        #expect(tokens.refusal(Self.v1.dropLast(2) + "AA") == "decryption_failed")
        #expect(try SessionTokens.sample(Sample.ring("nope")).refusal(Self.v1) == "decryption_failed")
        #expect(try tokens.refusal(Sample.nextAuth(Sample.payload(), salt: "x")) == "decryption_failed")
        #expect(tokens.refusal(Self.v2) == "decryption_failed")
    }

    @Test("57: the keys are those of the contract, for the empty and another salt")
    func keys() throws {
        let secret = try #require(Secret(Sample.contractSecret))
        #expect(
            try Hex.encode(secret.nextAuthKey(salt: "").revealed())
                == "64d8b87445b834792cf92a9918f61561bf4fb524899f2c5d71525c784eaacced")
        #expect(
            try Hex.encode(secret.nextAuthKey(salt: "__Secure-next-auth.state").revealed())
                == "47059cef4df995f8bcac4f924f9491684e2cd2a772a4e88dee12df169103a87b")
        let other = try #require(Secret("sëcret ✓ with spaces"))
        #expect(
            try Hex.encode(other.nextAuthKey(salt: "next-auth.pkce.code_verifier").revealed())
                == "da09958892255c371bceed346156611750ba1c4bb2644b820d024b0f6f3eaf97")
    }

    @Test("58: a session token is no check cookie, and the other way round")
    func salts() throws {
        let ring = try Sample.ring(Sample.contractSecret)
        let cookies = CheckCookies(ring: ring)
        let sealed = try cookies.seal(
            "value", provider: "ada", cookieName: "next-auth.state", at: Sample.now, lifetime: .seconds(900),
            random: .seeded(1))
        #expect(try SessionTokens.sample().refusal(sealed) == "decryption_failed")
        let payload = Sample.payload(more: ["value": "x", "provider": "github"])
        let token = try Sample.nextAuth(payload)
        #expect(cookies.open(token, provider: "github", cookieName: "next-auth.state", at: Sample.now) == nil)
    }

    @Test("61: expired 14 seconds ago is accepted, 16 not; the same for ours")
    func expiry() throws {
        let tokens = try SessionTokens.sample()
        let text = try Sample.nextAuth(Sample.payload(exp: .integer(Sample.now.seconds)))
        #expect(tokens.adopted(text, at: Sample.now + .seconds(14)) != nil)
        #expect(tokens.refusal(text, at: Sample.now + .seconds(15)) == "token_expired")
        #expect(tokens.refusal(text, at: Sample.now + .seconds(16)) == "token_expired")
        let ours = try tokens.mint()
        #expect(tokens.own(ours.text, at: ours.expires + .seconds(14)) != nil)
        #expect(tokens.refusal(ours.text, at: ours.expires + .seconds(16)) == "token_expired")
    }

    @Test("62: not valid 60 seconds before nbf; 15 seconds are forgiven")
    func notBefore() throws {
        let tokens = try SessionTokens.sample()
        let ahead = try Sample.nextAuth(Sample.payload(more: ["nbf": .integer(Sample.now.seconds + 60)]))
        #expect(tokens.refusal(ahead) == "token_not_yet_valid")
        #expect(tokens.adopted(ahead, at: Sample.now + .seconds(45)) != nil)
        #expect(tokens.refusal(ahead, at: Sample.now + .seconds(44)) == "token_not_yet_valid")
        let future = try Sample.nextAuth(Sample.payload(iat: .integer(Sample.now.seconds + 9999)))
        #expect(tokens.adopted(future) != nil, "a future iat is accepted (contract 3.2)")
    }

    @Test(
        "63, 66: times that are no numbers, a missing exp, and payloads that are no object are refused",
        arguments: [
            #"{"sub":"a","exp":"4102444800"}"#, #"{"sub":"a","exp":null}"#, #"{"sub":"a","exp":true}"#,
            #"{"sub":"a","exp":4102444800,"iat":"1"}"#, #"{"sub":"a","exp":4102444800,"nbf":[]}"#, #"{"sub":"a"}"#,
            #"{"sub":"a","exp":1e300}"#, "[]", "null", "\"text\"", "17", "", "{", #"{"exp":4102444800,"exp":1}"#,
            #"{"sub":"a","exp":4102444800} "x""#,
        ])
    func malformedClaims(payload: String) throws {
        let text = try Sample.nextAuth(Array(payload.utf8))
        #expect(try SessionTokens.sample().refusal(text) == "claims_malformed")
    }

    @Test("64: an empty token is refused, and nothing crashes")
    func empty() throws {
        let formats: [TokenFormat] = [.standard, .signed(alg: "HS256"), .reference]
        for format in formats { #expect(try SessionTokens.sample(format: format).refusal("") != nil) }
    }

    @Test("66: what v4 would accept with the same derived key, we do not: other alg, other enc, zip")
    func otherAlgorithms() throws {
        let tokens = try SessionTokens.sample()
        let payload = Sample.payload().serialized()
        let secret = try #require(Secret(Sample.contractSecret))
        let key = try JWK(secret: secret.nextAuthKey(salt: ""))
        for (alg, enc) in [
            (KeyManagementAlgorithm.direct, ContentEncryption.a128CBCHS256), (.a256KW, .a256GCM),
            (.a256GCMKW, .a256GCM),
        ] {
            let text = try JWE.seal(payload, using: key, alg: alg, enc: enc)
            #expect(
                ["algorithm_not_accepted", "encryption_not_accepted"].contains(tokens.refusal(text)), "\(alg) \(enc)")
        }
        let parts = try Sample.nextAuth(payload).split(separator: ".", omittingEmptySubsequences: false)
        let zip = Base64URL.encode(Array(#"{"alg":"dir","enc":"A256GCM","zip":"DEF"}"#.utf8))
        #expect(
            tokens.refusal(([zip] + parts.dropFirst().map(String.init)).joined(separator: "."))
                == "compression_not_supported")
    }

    @Test("An application's own claims with names of ours do not keep its tokens from being adopted")
    func namesOfOurs() throws {
        let tokens = try SessionTokens.sample()
        let customs: [JSONObject] = [
            ["sid": "their-session-id"], ["gen": 2], ["sid": .string("\(SessionID(high: 1, low: 2))"), "gen": 2],
            ["sid": .string("\(SessionID(high: 1, low: 2))"), "gen": 2, "auth_time": 1_700_000_000], ["fresh": true],
            ["epoch": "late"], ["adopted": ["x"]], ["sid": 7, "gen": "x", "fresh": 1, "auth_time": 1],
        ]
        for custom in customs {
            let text = try Sample.nextAuth(Sample.payload(more: custom))
            let token = try #require(tokens.adopted(text), "\(custom.members)")
            #expect(token.claims == ["name": "Ada", "sub": "ada"])
            for (name, value) in custom.members { #expect(token.payload[name] == value, "the callback still sees it") }
        }
    }

    @Test("Whose a token is: sub, else email, else nobody else's than its own")
    func users() throws {
        let tokens = try SessionTokens.sample()
        func user(_ payload: JSONObject) throws -> String? {
            var payload = payload
            payload["exp"] = .integer(Sample.now.seconds + 60)
            return tokens.adopted(try Sample.nextAuth(payload))?.user.text
        }
        #expect(try user(["sub": "u1", "email": "a@example.com"]) == "u1")
        #expect(try user(["email": "a@example.com"]) == "a@example.com")
        let nameless = try #require(try user(["jti": "1"]))
        #expect(nameless.hasPrefix("session:"))
        #expect(try user(["jti": "2"]) != nameless)
        #expect(try user(["sub": 7, "email": "a@example.com"]) == "a@example.com")
    }

    @Test("What earlier versions sealed as a check of a sign-in, in the way of a session, is nobody's session")
    func checks() throws {
        let tokens = try SessionTokens.sample()
        let checks: [JSONObject] = [
            ["state": "s"], ["code_verifier": "v"], ["nonce": "n"], ["value": "v"],
            ["state": "s", "provider": "github"],
        ]
        for check in checks {
            var payload = check
            payload["exp"] = .integer(Sample.now.seconds + 60)
            payload["jti"] = "1"
            #expect(tokens.adopted(try Sample.nextAuth(payload)) == nil, "\(check.members)")
            payload["sub"] = "u1"
            #expect(tokens.adopted(try Sample.nextAuth(payload))?.user.text == "u1")
        }
    }

    @Test("Random bytes, truncations and changed bytes of every kind of token are refused, and nothing crashes")
    func fuzz() throws {
        var random = SeededRandom(seed: 20_260_801)
        let formats: [TokenFormat] = [
            .standard, .signed(alg: "HS256"), .signedThenSealed(signing: "HS256", alg: "A256KW", enc: "A128CBC-HS256"),
            .reference,
        ]
        for format in formats {
            let tokens = try SessionTokens.sample(format: format)
            let texts = [try tokens.mint().text, Self.v1]
            for text in texts {
                let bytes = Array(text.utf8)
                for length in stride(from: 0, to: bytes.count, by: 7) {
                    #expect(tokens.refusal(String(decoding: bytes.prefix(length), as: UTF8.self)) != nil)
                }
                for _ in 0..<300 {
                    var changed = bytes
                    let index = Int.random(in: 0..<bytes.count, using: &random)
                    changed[index] ^= UInt8.random(in: 1...255, using: &random)
                    let result = tokens.open(String(decoding: changed, as: UTF8.self), at: Sample.now)
                    if case .success = result { Issue.record("\(format): byte \(index) changed unnoticed") }
                }
            }
            for _ in 0..<200 {
                let noise = random.bytes(Int.random(in: 0...300, using: &random))
                #expect(tokens.refusal(String(decoding: noise, as: UTF8.self)) != nil)
                #expect(tokens.refusal(Base64URL.encode(noise)) != nil)
                #expect(try tokens.refusal(Sample.nextAuth(noise)) == "claims_malformed")
            }
        }
    }
}
