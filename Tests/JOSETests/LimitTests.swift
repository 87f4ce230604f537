import JSON
import Testing

@testable import JOSE

@Suite("Limits")
struct LimitTests {
    @Test("a token of the limit's size is read, one byte more is refused")
    func size() throws {
        let key = try secretKey(32)
        let token = try JWE.seal([UInt8](repeating: 1, count: 500), using: key, alg: .direct, enc: .a256GCM)
        let signed = try JWS.sign([UInt8](repeating: 1, count: 500), using: key, alg: .hs256)
        for (difference, expected) in [(0, nil), (1, JOSEError.Code.tokenTooLarge)] {
            let sealedPolicy = JWEPolicy(
                algorithms: [.direct], encryptions: [.a256GCM], types: .any,
                limits: JOSELimits(tokenSize: token.utf8.count - difference))
            let signedPolicy = JWSPolicy(
                algorithms: [.hs256], types: .any, limits: JOSELimits(tokenSize: signed.utf8.count - difference))
            #expect(code { try JWE.open(token, accepting: sealedPolicy, keys: [key]) } == expected)
            #expect(code { try JWE.open(utf8(token), accepting: sealedPolicy, keys: [key]) } == expected)
            #expect(code { try JWS.verify(signed, accepting: signedPolicy, keys: [key]) } == expected)
            #expect(code { try JWS.verify(utf8(signed), accepting: signedPolicy, keys: [key]) } == expected)
        }
        let large = try JWE.seal([UInt8](repeating: 1, count: 50_000), using: key, alg: .direct, enc: .a256GCM)
        #expect(code { try JWE.open(large, accepting: Everything.sealed, keys: [key]) } == .tokenTooLarge)
        let larger = [UInt8](repeating: 0, count: 1 << 24 + 1)
        #expect(code { try JWE.seal(larger, using: key, alg: .direct, enc: .a256GCM) } == .requestInvalid)
        #expect(code { try JWS.sign(larger, using: key, alg: .hs256) } == .requestInvalid)
    }

    @Test("limits outside their ranges are moved to the nearest end")
    func ranges() {
        let least = JOSELimits(tokenSize: -1, nesting: 0, passwordIterations: 0, candidates: 0)
        #expect((least.tokenSize, least.nesting, least.passwordIterations, least.candidates) == (1, 1, 1000, 1))
        let most = JOSELimits(tokenSize: .max, nesting: .max, passwordIterations: .max, candidates: .max)
        #expect(
            (most.tokenSize, most.nesting, most.passwordIterations, most.candidates) == (1 << 24, 8, 1_000_000, 256))
        #expect(JOSELimits().tokenSize == 65_536)
    }

    @Test("plaintexts of every length around the block sizes come back", arguments: ContentEncryption.allCases)
    func lengths(enc: ContentEncryption) throws {
        let key = try secretKey(enc.keyCount)
        for count in 0...66 {
            let plaintext = [UInt8](repeating: 0xA5, count: count)
            let token = try JWE.seal(plaintext, using: key, alg: .direct, enc: enc)
            #expect(try JWE.open(token, accepting: Everything.sealed, keys: [key]).plaintext == plaintext)
        }
    }

    @Test(
        "a changed tag, vector, ciphertext or header alone is enough to be refused",
        arguments: ContentEncryption.allCases)
    func authentication(enc: ContentEncryption) throws {
        let key = try secretKey(enc.keyCount)
        let token = try JWE.seal([UInt8](repeating: 1, count: 40), using: key, alg: .direct, enc: enc)
        let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        for index in 2...4 {
            let bytes = try #require(Base64URL.decode(parts[index]))
            for place in bytes.indices {
                var changed = bytes
                changed[place] ^= 0x10
                var forged = parts
                forged[index] = Base64URL.encode(changed)
                let found = code {
                    try JWE.open(forged.joined(separator: "."), accepting: Everything.sealed, keys: [key])
                }
                #expect(found == .decryptionFailed)
            }
        }
        var header = parts
        header[0] = Base64URL.encode(utf8(#"{"alg":"dir", "enc":"\#(enc.rawValue)"}"#))
        #expect(
            code { try JWE.open(header.joined(separator: "."), accepting: Everything.sealed, keys: [key]) }
                == .decryptionFailed)
    }

    /// A PBES2 token's header with these values; the parts are of the right form but nothing more.
    private static func passwordCode(p2s: JSONValue?, p2c: JSONValue?, limits: JOSELimits = JOSELimits()) throws
        -> JOSEError.Code?
    {
        var header: JSONObject = ["alg": "PBES2-HS256+A128KW", "enc": "A128GCM"]
        header["p2s"] = p2s
        header["p2c"] = p2c
        let zeros = Base64URL.encode([UInt8](repeating: 0, count: 24))
        let token = "\(Base64URL.encode(header.serialized())).\(zeros).AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA"
        let policy = JWEPolicy(algorithms: [.pbes2HS256A128KW], encryptions: [.a128GCM], types: .any, limits: limits)
        return code { try JWE.open(token, accepting: policy, keys: [secretKey(9)]) }
    }

    @Test("counts and salts of PBES2 outside the limits are refused before any work")
    func password() throws {
        let salt = JSONValue.string(Base64URL.encode([UInt8](repeating: 1, count: 16)))
        for count: JSONValue? in [
            nil, 0, 1, 999, 200_001, -1000, 1000.5, 1e300, "1000", 9_223_372_036_854_775_807, 1.8e19, [1000],
            nil as JSONValue?,
        ] {
            #expect(try Self.passwordCode(p2s: salt, p2c: count) == .parameterNotAccepted)
        }
        #expect(try Self.passwordCode(p2s: salt, p2c: 1000) == .decryptionFailed)
        #expect(
            try Self.passwordCode(p2s: salt, p2c: 1001, limits: JOSELimits(passwordIterations: 1000))
                == .parameterNotAccepted)
        for count in [0, 7, 1025] {
            let salt = JSONValue.string(Base64URL.encode([UInt8](repeating: 1, count: count)))
            #expect(try Self.passwordCode(p2s: salt, p2c: 1000) == .parameterNotAccepted)
        }
        for salt: JSONValue? in [nil, 1, "AAAAAAAAAAA=", "AAAAAAAAAA!"] {
            #expect(try Self.passwordCode(p2s: salt, p2c: 1000) == .parameterNotAccepted)
        }
        for count in [999, 1_000_001] {
            var header = HeaderParameters()
            header.passwordIterations = count
            let made = code {
                try JWE.seal([], using: secretKey(9), alg: .pbes2HS256A128KW, enc: .a128GCM, header: header)
            }
            #expect(made == .requestInvalid)
        }
    }

    @Test("iv and tag of A…GCMKW must be there and of their lengths")
    func gcmKeyWrap() throws {
        let key = try secretKey(16)
        for members: JSONObject in [
            [:], ["iv": "AAAAAAAAAAAAAAAA"], ["iv": "AAAAAAAAAAAAAAAA", "tag": "AAAA"],
            ["iv": "AAAA", "tag": "AAAAAAAAAAAAAAAAAAAAAA"],
            ["iv": 1, "tag": "AAAAAAAAAAAAAAAAAAAAAA"],
        ] {
            var header: JSONObject = ["alg": "A128GCMKW", "enc": "A128GCM"]
            for member in members.members { header[member.name] = member.value }
            let token = "\(Base64URL.encode(header.serialized())).AAAA.AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA"
            #expect(code { try JWE.open(token, accepting: Everything.sealed, keys: [key]) } == .parameterNotAccepted)
        }
    }

    @Test("parts of lengths that the algorithm does not have are malformed")
    func partLengths() throws {
        let key = try secretKey(32)
        let token = try JWE.seal([1, 2, 3], using: key, alg: .direct, enc: .a256GCM)
        let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        for (index, text) in [
            (1, "AAAA"), (2, ""), (2, "AAAA"), (2, "AAAAAAAAAAAAAAAAAAAAAA"), (4, ""), (4, "AAAA"),
            (4, parts[4] + "AAA"),
        ] {
            var changed = parts
            changed[index] = text
            let found = code { try JWE.open(changed.joined(separator: "."), accepting: Everything.sealed, keys: [key]) }
            #expect(found == .tokenMalformed || found == .encodingMalformed)
        }
        let wrapped = try JWE.seal([1], using: key, alg: .a256KW, enc: .a256GCM)
        var emptied = wrapped.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        emptied[1] = ""
        #expect(
            code { try JWE.open(emptied.joined(separator: "."), accepting: Everything.sealed, keys: [key]) }
                == .tokenMalformed)
    }

    @Test("more keys than the limit that could be meant are refused, keys that do not suit do not count")
    func candidates() throws {
        let token = try JWE.seal([1], using: secretKey(32), alg: .direct, enc: .a256GCM)
        let policy = JWEPolicy(
            algorithms: [.direct], encryptions: [.a256GCM], types: .any, limits: JOSELimits(candidates: 3))
        let suitable = try (5...7).map { try secretKey(32, seed: $0) }
        let others = try (0..<10).map { try secretKey(16, seed: $0) }
        #expect(code { try JWE.open(token, accepting: policy, keys: JWKSet(others + suitable)) } == nil)
        let more = JWKSet(suitable + [try secretKey(32, seed: 8)])
        #expect(code { try JWE.open(token, accepting: policy, keys: more) } == .keyAmbiguous)
        let signed = try JWS.sign([1], using: secretKey(32), alg: .hs256)
        let signedPolicy = JWSPolicy(algorithms: [.hs256], types: .any, limits: JOSELimits(candidates: 3))
        #expect(code { try JWS.verify(signed, accepting: signedPolicy, keys: JWKSet(suitable)) } == nil)
        #expect(code { try JWS.verify(signed, accepting: signedPolicy, keys: more) } == .keyAmbiguous)
    }

    @Test("a generator that fails or gives another number of bytes seals nothing")
    func generator() throws {
        struct Short: RandomSource {
            func bytes(_ count: Int) throws(JOSEError) -> [UInt8] { [UInt8](repeating: 0, count: count - 1) }
        }
        let key = try secretKey(32)
        #expect(
            code { try JWE.seal([], using: key, alg: .direct, enc: .a256GCM, random: Short()) } == .randomUnavailable)
        #expect(
            code { try JWE.seal([], using: key, alg: .a256KW, enc: .a256GCM, random: Short()) } == .randomUnavailable)
        #expect(
            code { try JWE.seal([], using: key, alg: .a256KW, enc: .a256GCM, random: ListedBytes([])) }
                == .randomUnavailable)
        let first = try SystemRandomSource().bytes(32)
        #expect(try first.count == 32 && first != SystemRandomSource().bytes(32))
        #expect(try SystemRandomSource().bytes(0) == [])
    }

    @Test("HKDF gives 1 to 8160 bytes")
    func derivation() throws {
        for length in [-1, 0, 8161] {
            #expect(code { try HKDF.derive(secret: "s", salt: "", info: "", length: length) } == .requestInvalid)
        }
        #expect(try HKDF.derive(secret: "s", salt: "", info: "", length: 8160).count == 8160)
    }
}
