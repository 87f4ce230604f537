import JSON
import Testing

@testable import JOSE

/// What a header may say. Every token here is genuine but for its header.
@Suite("Headers")
struct HeaderTests {
    private static func openCode(_ header: String, types: AcceptedTypes = .any) throws -> JOSEError.Code? {
        let key = try secretKey(32)
        let policy = JWEPolicy(algorithms: [.direct], encryptions: [.a256GCM], types: types)
        return code { try JWE.open(Crafted.sealed(header, key: key), accepting: policy, keys: [key]) }
    }

    private static func verifyCode(_ header: String, types: AcceptedTypes = .any) throws -> JOSEError.Code? {
        let key = try secretKey(32)
        let policy = JWSPolicy(algorithms: [.hs256], types: types)
        return code { try JWS.verify(Crafted.signed(header, alg: .hs256, key: key), accepting: policy, keys: [key]) }
    }

    @Test("the header of dir with A256GCM is the contract's, byte for byte")
    func plainHeader() throws {
        let token = try JWE.seal([], using: secretKey(32), alg: .direct, enc: .a256GCM)
        #expect(token.hasPrefix("eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0.."))
        #expect(Base64URL.decode("eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0") == utf8(#"{"alg":"dir","enc":"A256GCM"}"#))
    }

    @Test("members are written in the order alg, enc, kid, typ, cty, others")
    func memberOrder() throws {
        let header = HeaderParameters(kid: "k", typ: "JWT", cty: "c", others: ["z": 1, "a": 2])
        let token = try JWE.seal([], using: secretKey(32), alg: .direct, enc: .a256GCM, header: header)
        let first = try #require(token.split(separator: ".").first)
        #expect(
            Base64URL.decode(String(first))
                == utf8(#"{"alg":"dir","enc":"A256GCM","kid":"k","typ":"JWT","cty":"c","z":1,"a":2}"#))
        let opened = try JWE.open(
            token, accepting: Everything.sealed, keys: [secretKey(32, restrictions: .init(kid: "k"))])
        #expect(opened.header.kid == "k")
        #expect(opened.header.typ == "JWT")
        #expect(opened.header.cty == "c")
        #expect(opened.header.members["z"] == 1)
    }

    @Test(
        "members with a meaning cannot be set as others",
        arguments: [
            "alg", "enc", "kid", "typ", "cty", "crit", "zip", "b64", "epk", "apu", "apv", "iv", "tag", "p2s", "p2c",
        ])
    func reserved(name: String) throws {
        let header = HeaderParameters(others: JSONObject([(name, .string("x"))]))
        #expect(
            code { try JWE.seal([], using: secretKey(32), alg: .direct, enc: .a256GCM, header: header) }
                == .requestInvalid)
        #expect(code { try JWS.sign([], using: secretKey(32), alg: .hs256, header: header) } == .requestInvalid)
    }

    @Test(
        "crit, zip and b64 are refused on genuine tokens",
        arguments: [
            (#""crit":["exp"]"#, JOSEError.Code.criticalNotUnderstood),
            (#""crit":["b64"],"b64":false"#, .criticalNotUnderstood),
            (#""crit":["alg"]"#, .criticalNotUnderstood),
            (#""crit":[]"#, .headerMalformed),
            (#""crit":"exp""#, .headerMalformed),
            (#""crit":[1]"#, .headerMalformed),
            (#""zip":"DEF""#, .compressionNotSupported),
            (#""zip":null"#, .compressionNotSupported),
            (#""b64":false"#, .unencodedNotSupported),
            (#""b64":true"#, .unencodedNotSupported),
        ])
    func extensions(member: String, expected: JOSEError.Code) throws {
        #expect(try Self.openCode(#"{"alg":"dir","enc":"A256GCM",\#(member)}"#) == expected)
        #expect(try Self.verifyCode(#"{"alg":"HS256",\#(member)}"#) == expected)
    }

    @Test(
        "a header that is not strict JSON with members of the right types is refused",
        arguments: [
            "", "null", "[]", "{}", #"{"enc":"A256GCM"}"#, #"{"alg":1,"enc":"A256GCM"}"#, #"{"alg":"dir"}"#,
            #"{"alg":"dir","enc":"A256GCM","alg":"dir"}"#, #"{"alg":"dir","enc":"A256GCM","\u0061lg":"dir"}"#,
            #"{"alg":"dir","enc":"A256GCM","kid":1}"#, #"{"alg":"dir","enc":"A256GCM","typ":null}"#,
            #"{"alg":"dir","enc":"A256GCM","cty":{}}"#, #"{"alg":"dir","enc":"A256GCM",}"#,
            #"{"alg":"dir","enc":"A256GCM"}{}"#, #"{"alg":"dir","enc":["A256GCM"]}"#,
            #"{"alg":"dir","enc":"A256GCM","x":[[[[[[[[[1]]]]]]]]]}"#, "\u{FEFF}" + #"{"alg":"dir","enc":"A256GCM"}"#,
        ])
    func malformed(header: String) throws {
        #expect(try Self.openCode(header) == .headerMalformed)
    }

    @Test(
        "names of algorithms are compared exactly",
        arguments: ["DIR", "Dir", "dir ", "", "none", "None", "A256\u{212A}W"])
    func exactNames(name: String) throws {
        let policy = JWEPolicy(
            algorithms: Set(KeyManagementAlgorithm.allCases), encryptions: Set(ContentEncryption.allCases), types: .any)
        let key = try secretKey(32)
        let token = try Crafted.sealed(#"{"alg":"\#(name)","enc":"A256GCM"}"#, key: key)
        #expect(code { try JWE.open(token, accepting: policy, keys: [key]) } == .algorithmNotAccepted)
    }

    @Test("no algorithm is called none")
    func none() throws {
        #expect(SignatureAlgorithm(rawValue: "none") == nil)
        let token = "\(Base64URL.encode(utf8(#"{"alg":"none"}"#))).\(Base64URL.encode(utf8("{}")))."
        #expect(
            code { try JWS.verify(token, accepting: Everything.signed, keys: [secretKey(64)]) } == .algorithmNotAccepted
        )
    }

    @Test(
        "typ is compared without case and with application/ left out",
        arguments: [
            ("JWT" as String?, AcceptedTypes.only(["JWT"]), true), ("jwt", .only(["JWT"]), true),
            ("application/jwt", .only(["JWT"]), true), ("JWT", .only(["application/jwt"]), true),
            ("at+jwt", .only(["JWT"]), false), ("application/a/jwt", .only(["a/jwt"]), false),
            (nil, .only(["JWT"]), false), (nil, .absentOr(["JWT"]), true), ("JWT", .absentOr(["JWT"]), true),
            ("other", .absentOr(["JWT"]), false), ("JWT", .absentOr([]), false), ("anything", .any, true),
            ("\u{212A}", .only(["k"]), false),
        ])
    func types(type: String?, accepted: AcceptedTypes, isAccepted: Bool) throws {
        let member = type.map { #","typ":"\#($0)""# } ?? ""
        let expected: JOSEError.Code? = isAccepted ? nil : .typeNotAccepted
        #expect(try Self.openCode(#"{"alg":"dir","enc":"A256GCM"\#(member)}"#, types: accepted) == expected)
        #expect(try Self.verifyCode(#"{"alg":"HS256"\#(member)}"#, types: accepted) == expected)
    }

    @Test("a key in the header is never used")
    func embeddedKey() throws {
        let stranger = try JWK.generate(on: .p256)
        let embedded = JSONValue.object(try stranger.publicJSON()).description
        let token = try Crafted.signed(#"{"alg":"ES256","jwk":\#(embedded)}"#, alg: .es256, key: stranger)
        let own = try JWK.generate(on: .p256).publicKey()
        #expect(code { try JWS.verify(token, accepting: Everything.signed, keys: [own]) } == .signatureInvalid)
        #expect(code { try JWS.verify(token, accepting: Everything.signed, keys: []) } == .keyUnknown)
    }

    @Test("a remembered header is accepted by its own policy only")
    func remembered() throws {
        let key = try secretKey(32)
        let token = try JWE.seal([1], using: key, alg: .direct, enc: .a256GCM)
        let policy = JWEPolicy(algorithms: [.direct], encryptions: [.a256GCM], types: .any)
        for _ in 0..<3 { #expect(try JWE.open(token, accepting: policy, keys: [key]).plaintext == [1]) }
        let stricter = JWEPolicy(algorithms: [.direct], encryptions: [.a128GCM], types: .any)
        #expect(code { try JWE.open(token, accepting: stricter, keys: [key]) } == .encryptionNotAccepted)
        let typed = JWEPolicy(algorithms: [.direct], encryptions: [.a256GCM], types: .only(["JWT"]))
        #expect(code { try JWE.open(token, accepting: typed, keys: [key]) } == .typeNotAccepted)
    }

    @Test("headers of forged tokens are not remembered, so they push out nobody's")
    func forgedHeaders() throws {
        let policy = JWEPolicy(algorithms: [.direct], encryptions: [.a256GCM], types: .any)
        let key = try secretKey(32)
        func token(_ member: Int, key: JWK) throws -> String {
            try Crafted.sealed(#"{"alg":"dir","enc":"A256GCM","x":\#(member)}"#, key: key)
        }
        func isRemembered(_ token: String) -> Bool { policy.cache.header(of: utf8(token).prefix { $0 != 0x2E }) != nil }
        let genuine = try token(0, key: key)
        _ = try JWE.open(genuine, accepting: policy, keys: [key])
        #expect(isRemembered(genuine))
        for member in 1...50 {
            let forged = try token(member, key: secretKey(32, seed: 8))
            #expect(code { try JWE.open(forged, accepting: policy, keys: [key]) } == .decryptionFailed)
            #expect(!isRemembered(forged))
        }
        #expect(isRemembered(genuine))
        let wrapped = try JWE.seal([1], using: secretKey(16), alg: .a128GCMKW, enc: .a128GCM)
        let everything = Everything.sealed
        _ = try JWE.open(wrapped, accepting: everything, keys: [secretKey(16)])
        #expect(everything.cache.header(of: utf8(wrapped).prefix { $0 != 0x2E }) == nil)
    }

    @Test("more headers than the memory holds are all read rightly")
    func manyHeaders() throws {
        let policy = JWEPolicy(algorithms: [.direct], encryptions: [.a256GCM], types: .any)
        let keys = JWKSet(try (0..<40).map { try secretKey(32, seed: $0, restrictions: .init(kid: "key \($0)")) })
        for round in 0..<3 {
            for (index, key) in keys.keys.enumerated() {
                let token = try JWE.seal(
                    [UInt8(index)], using: key, alg: .direct, enc: .a256GCM, header: HeaderParameters(kid: key.kid))
                let opened = try JWE.open(token, accepting: policy, keys: keys)
                #expect(opened.plaintext == [UInt8(index)], "round \(round)")
                #expect(opened.header.kid == key.kid)
            }
        }
    }
}
