import JOSE
import JSON
import Testing

/// The order of checks: size, structure, base64url, header JSON, header values, key, cryptography, claims.
/// Each token here is wrong in two neighbouring ways, and the earlier check must answer.
@Suite("Order of checks")
struct OrderTests {
    private static let limits = JOSELimits(tokenSize: 600)
    private static let sealed = JWEPolicy(
        algorithms: [.direct], encryptions: [.a256GCM], types: .only(["JWT"]), limits: limits)
    private static let signed = JWSPolicy(algorithms: [.hs256], types: .only(["JWT"]), limits: limits)

    private static func openCode(_ token: String, keys: JWKSet) -> JOSEError.Code? {
        code { try JWE.open(token, accepting: sealed, keys: keys) }
    }

    private static func verifyCode(_ token: String, keys: JWKSet) -> JOSEError.Code? {
        code { try JWS.verify(token, accepting: signed, keys: keys) }
    }

    @Test("size comes before structure")
    func size() throws {
        let key = try secretKey(32)
        for token in [String(repeating: ".", count: 601), String(repeating: "é", count: 301)] {
            #expect(Self.openCode(token, keys: [key]) == .tokenTooLarge)
            #expect(Self.verifyCode(token, keys: [key]) == .tokenTooLarge)
        }
        #expect(Self.openCode(String(repeating: ".", count: 600), keys: [key]) == .tokenMalformed)
    }

    @Test("structure comes before base64url")
    func structure() throws {
        let key = try secretKey(32)
        for token in ["", "!", "!.!", "!.!.!.!", "!.!.!.!.!.!"] {
            #expect(Self.openCode(token, keys: [key]) == .tokenMalformed)
            #expect(Self.verifyCode(token, keys: [key]) == .tokenMalformed)
        }
    }

    @Test("base64url of every part comes before the header's JSON")
    func encoding() throws {
        let key = try secretKey(32)
        let notJSON = Base64URL.encode(utf8("no JSON"))
        for index in 1...4 {
            var parts = [notJSON, "", "AAAA", "AAAA", "AAAA"]
            parts[index] = "A!AA"
            #expect(Self.openCode(parts.joined(separator: "."), keys: [key]) == .encodingMalformed)
        }
        #expect(Self.openCode("A!..AAAA.AAAA.AAAA", keys: [key]) == .encodingMalformed)
        #expect(Self.verifyCode("\(notJSON).A!AA.AAAA", keys: [key]) == .encodingMalformed)
        #expect(Self.verifyCode("\(notJSON).AAAA.A!AA", keys: [key]) == .encodingMalformed)
        #expect(Self.openCode("\(notJSON)..AAAA.AAAA.AAAA", keys: [key]) == .headerMalformed)
    }

    @Test("the header's JSON comes before its values")
    func headerJSON() throws {
        let key = try secretKey(32)
        for header in [#"{"alg":"none","enc":"none","alg":"dir"}"#, #"{"alg":"none","enc":"none"} x"#] {
            #expect(Self.openCode(try Crafted.sealed(header, key: key), keys: [key]) == .headerMalformed)
            #expect(
                Self.verifyCode(try Crafted.signed(header, alg: .hs256, key: key), keys: [key]) == .headerMalformed)
        }
    }

    @Test("among the header's values the order is alg, enc, typ, crit, zip, b64")
    func headerValues() throws {
        let key = try secretKey(32)
        var header: JSONObject = [
            "alg": "A256KW", "enc": "A128GCM", "typ": "other", "crit": ["x"], "zip": "DEF", "b64": false,
            "kid": "unknown",
        ]
        func found() throws -> JOSEError.Code? {
            Self.openCode(try Crafted.sealed(JSONValue.object(header).description, key: key), keys: [key])
        }
        #expect(try found() == .algorithmNotAccepted)
        header["alg"] = "dir"
        #expect(try found() == .encryptionNotAccepted)
        header["enc"] = "A256GCM"
        #expect(try found() == .typeNotAccepted)
        header["typ"] = "JWT"
        #expect(try found() == .criticalNotUnderstood)
        header["crit"] = nil
        #expect(try found() == .compressionNotSupported)
        header["zip"] = nil
        #expect(try found() == .unencodedNotSupported)
        header["b64"] = nil
        #expect(try found() == .keyUnknown)
        header["kid"] = nil
        #expect(try found() == nil)
    }

    @Test("an algorithm that is not accepted is named before an unknown key")
    func algorithmBeforeKey() throws {
        let key = try secretKey(32, restrictions: JWK.Restrictions(kid: "one"))
        let signed = try JWS.sign([], using: key, alg: .hs256, header: HeaderParameters(kid: "two", typ: "JWT"))
        let policy = JWSPolicy(algorithms: [.es256], types: .any)
        #expect(code { try JWS.verify(signed, accepting: policy, keys: [key]) } == .algorithmNotAccepted)
        #expect(Self.verifyCode(signed, keys: [key]) == .keyUnknown)
    }

    @Test("the key comes before cryptography")
    func keyBeforeCryptography() throws {
        let key = try secretKey(32, restrictions: JWK.Restrictions(kid: "one", use: "sig"))
        let token = try Crafted.sealed(#"{"alg":"dir","enc":"A256GCM","typ":"JWT"}"#, key: secretKey(32, seed: 8))
        #expect(Self.openCode(token, keys: [key]) == .keyUnsuitable)
        #expect(Self.openCode(token, keys: [try secretKey(31)]) == .keyLength)
        #expect(Self.openCode(token, keys: []) == .keyUnknown)
    }

    @Test("cryptography comes before claims")
    func cryptographyBeforeClaims() throws {
        let key = try secretKey(32)
        let claims = utf8(#"{"exp":1}"#)
        let token = try JWE.seal(
            claims, using: key, alg: .direct, enc: .a256GCM, header: HeaderParameters(typ: "JWT"))
        let policy = JWTClaimsPolicy()
        func read(_ keys: JWKSet) throws -> JSONObject {
            try policy.claims(from: JWE.open(token, accepting: Self.sealed, keys: keys).plaintext, now: 1000)
        }
        #expect(code { try read([secretKey(32, seed: 8)]) } == .decryptionFailed)
        #expect(code { try read([key]) } == .tokenExpired)
    }
}
