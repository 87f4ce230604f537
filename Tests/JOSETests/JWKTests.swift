import JOSE
import JSON
import Testing

@Suite("JWK")
struct JWKTests {
    private static func everyKind() throws -> [JWK] {
        var keys = [try JWK.generateSecret(bitCount: 256), try JWK.generateRSA()]
        for curve in Curve.allCases { keys.append(try .generate(on: curve)) }
        return keys
    }

    @Test("what is printed is read back as the same key, and the public part has nothing private")
    func roundTrip() throws {
        let secretNames = ["d", "p", "q", "dp", "dq", "qi", "k", "oth"]
        for key in try Self.everyKind() {
            let again = try JWK(parsing: key.privateJSON().serialized())
            #expect(try again.privateJSON() == key.privateJSON())
            #expect(try again.thumbprint() == key.thumbprint())
            #expect(again.isPrivate)
            guard key.keyType != .octets else {
                #expect(code { try key.publicJSON() } == .keyUnsuitable)
                #expect(code { try key.publicKey() } == .keyUnsuitable)
                continue
            }
            let published = try key.publicJSON()
            for name in secretNames { #expect(published[name] == nil) }
            let publicKey = try JWK(published)
            #expect(!publicKey.isPrivate)
            #expect(code { try publicKey.privateJSON() } == .keyUnsuitable)
            #expect(try publicKey.publicKey() === publicKey)
        }
    }

    @Test("kid, use, key_ops and alg are kept")
    func restrictions() throws {
        let text =
            #"{"kty":"oct","k":"AAAA","kid":"n","use":"sig","key_ops":["sign","verify"],"alg":"HS256","x5t":"ignored"}"#
        let key = try JWK(parsing: utf8(text))
        #expect(key.restrictions == .init(kid: "n", use: "sig", operations: ["sign", "verify"], alg: "HS256"))
        #expect(try key.privateJSON()["x5t"] == nil)
        #expect(try key.privateJSON().members.count == 6)
    }

    @Test("an RSA key without its factors works and is printed without them")
    func withoutFactors() throws {
        var object = try JWK.generateRSA().privateJSON()
        for name in ["p", "q", "dp", "dq", "qi"] { object[name] = nil }
        let key = try JWK(object)
        let token = try JWS.sign([1], using: key, alg: .rs256)
        #expect(try JWS.verify(token, accepting: Everything.signed, keys: [key.publicKey()]).payload == [1])
        #expect(try key.privateJSON() == object)
    }

    @Test(
        "a text that is no key is refused",
        arguments: [
            "", "[]", "{}", #"{"kty":1}"#, #"{"kty":"oct"}"#, #"{"kty":"oct","k":""}"#, #"{"kty":"oct","k":"AA="}"#,
            #"{"kty":"oct","k":"AB"}"#, #"{"kty":"oct","k":1}"#, #"{"kty":"oct","k":"AAAA","kid":1}"#,
            #"{"kty":"oct","k":"AAAA","key_ops":"sign"}"#, #"{"kty":"oct","k":"AAAA","key_ops":["sign","sign"]}"#,
            #"{"kty":"oct","k":"AAAA","key_ops":[1]}"#, #"{"kty":"oct","k":"AAAA","k":"AAAA"}"#,
            #"{"kty":"oct","k":"AAAA","use":["sig"]}"#, #"{"kty":"EC","crv":"P-256"}"#,
            #"{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}"#, #"{"kty":"OKP","crv":"Ed25519"}"#,
            #"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#, #"{"kty":"RSA","n":"AQAB"}"#,
            #"{"kty":"RSA","n":"","e":"AQAB"}"#,
        ])
    func malformed(text: String) {
        #expect(code { try JWK(parsing: utf8(text)) } == .keyMalformed)
    }

    @Test(
        "a type or curve that is not supported is said to be so",
        arguments: [
            #"{"kty":"new"}"#, #"{"kty":"rsa"}"#, #"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#,
            #"{"kty":"EC","crv":"Ed25519","x":"AA","y":"AA"}"#, #"{"kty":"OKP","crv":"P-256","x":"AA"}"#,
        ])
    func unsupported(text: String) {
        #expect(code { try JWK(parsing: utf8(text)) } == .keyUnsuitable)
    }

    @Test("RSA keys under 2048 bits are refused, and numbers not in their shortest form")
    func rsaNumbers() throws {
        let object = try JWK.generateRSA().publicJSON()
        let modulus = try object.bytes("n")
        func refusal(n: [UInt8], e: [UInt8]) -> JOSEError.Code? {
            var changed = object
            changed["n"] = .string(Base64URL.encode(n))
            changed["e"] = .string(Base64URL.encode(e))
            return code { try JWK(changed) }
        }
        #expect(refusal(n: modulus, e: [1, 0, 1]) == nil)
        // One byte less; the next one may be zero, which would be another mistake.
        #expect(refusal(n: [0xFF] + modulus.dropFirst(2), e: [1, 0, 1]) == .keyLength)
        #expect(refusal(n: [0x7F] + modulus.dropFirst(), e: [1, 0, 1]) == .keyLength)
        #expect(refusal(n: [1] + [UInt8](repeating: 1, count: 2048), e: [1, 0, 1]) == .keyLength)
        #expect(refusal(n: [0] + modulus, e: [1, 0, 1]) == .keyMalformed)
        #expect(refusal(n: modulus.dropLast() + [2], e: [1, 0, 1]) == .keyMalformed)
        for e: [UInt8] in [[], [0, 1, 0, 1], [1], [2], [1, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 1]] {
            #expect(refusal(n: modulus, e: e) == .keyMalformed)
        }
    }

    @Test("private numbers that do not belong to the public ones are refused")
    func inconsistent() throws {
        for curve in Curve.allCases {
            var object = try JWK.generate(on: curve).privateJSON()
            object["d"] = try JWK.generate(on: curve).privateJSON()["d"]
            #expect(code { try JWK(object) } == .keyMalformed, "\(curve)")
        }
        let first = try JWK.generateRSA().privateJSON()
        let second = try JWK.generateRSA().privateJSON()
        for name in ["d", "p", "q", "dp", "dq", "qi"] {
            var object = first
            object[name] = nil
            if name == "d" {
                for other in ["p", "q", "dp", "dq", "qi"] { object[other] = nil }
                object["d"] = second["d"]
            }
            #expect(code { try JWK(object) } == .keyMalformed, "\(name)")
        }
        var mixed = first
        for name in ["p", "q", "dp", "dq", "qi"] { mixed[name] = second[name] }
        #expect(code { try JWK(mixed) } == .keyMalformed)
        var prime = first
        prime["oth"] = []
        #expect(code { try JWK(prime) } == .keyUnsuitable)
    }

    @Test("numbers of a curve out of range are refused")
    func curveNumbers() throws {
        for curve in [Curve.p256, .p384, .p521] {
            let object = try JWK.generate(on: curve).privateJSON()
            for bytes in [
                [UInt8](repeating: 0, count: curve.coordinateCount),
                [UInt8](repeating: 255, count: curve.coordinateCount),
            ] {
                for name in ["d", "x", "y"] {
                    var changed = object
                    changed[name] = .string(Base64URL.encode(bytes))
                    #expect(code { try JWK(changed) } == .keyMalformed, "\(curve) \(name)")
                }
            }
        }
    }

    @Test("an ephemeral key is made from the random bytes that are given, and none from bytes out of range")
    func generation() throws {
        let random = ListedBytes([
            [UInt8](repeating: 0, count: 32), [UInt8](repeating: 255, count: 32), [UInt8](repeating: 1, count: 32),
        ])
        let key = try JWK.generate(on: .p256, random: random)
        #expect(try key.privateJSON().bytes("d") == [UInt8](repeating: 1, count: 32))
        let zeros = ListedBytes([[UInt8]](repeating: [UInt8](repeating: 0, count: 48), count: 64))
        #expect(code { try JWK.generate(on: .p384, random: zeros) } == .randomUnavailable)
        for bits in [0, 7, 12, 8200] { #expect(code { try JWK.generateSecret(bitCount: bits) } == .requestInvalid) }
        for bits in [1024, 2047, 20_000] { #expect(code { try JWK.generateRSA(bitCount: bits) } == .requestInvalid) }
    }

    @Test("a set skips what it cannot use, keeps the rest, and publishes no secrets")
    func sets() throws {
        let rsa = try JWK.generateRSA(restrictions: .init(kid: "r"))
        let text = JSONValue.object([
            "keys": [
                ["kty": "future", "kid": "f"], .object(try rsa.privateJSON()), ["kty": "oct", "k": "AAAA"], 1,
                ["kty": "EC"],
            ], "other": 1,
        ])
        let set = try JWKSet(parsing: text.serialized())
        #expect(set.keys.map(\.keyType) == [.rsa, .octets])
        #expect(set.skippedCount == 3)
        #expect(try set.publicJSON() == ["keys": [.object(rsa.publicJSON())]])
        for text in ["", "{}", "[]", #"{"keys":{}}"#, #"{"keys":null}"#] {
            #expect(code { try JWKSet(parsing: utf8(text)) } == .keyMalformed)
        }
        #expect(try JWKSet(parsing: utf8(#"{"keys":[]}"#)).keys.isEmpty)
        let many = JSONValue.object(["keys": .array([JSONValue](repeating: 1, count: 129))])
        #expect(code { try JWKSet(parsing: many.serialized()) } == .keyMalformed)
        #expect(code { try JWKSet(parsing: [UInt8](repeating: 0x20, count: 1 << 20 + 1)) } == .keyMalformed)
    }

    @Test("keys and secrets print as their kind")
    func secrecy() throws {
        for key in try Self.everyKind() {
            let named = try JWK(key.privateJSON().merging("kid", "the name"))
            let material = try key.privateJSON().members.compactMap(\.value.string).filter { $0.utf8.count > 20 }
            var dumped = ""
            dump(named, to: &dumped)
            for text in [
                named.description, named.debugDescription, "\(named)", String(reflecting: named), dumped, "\([named])",
            ] {
                for secret in material { #expect(!text.contains(secret)) }
                #expect(!text.contains("address"))
            }
            #expect(named.description.contains("the name"))
        }
        let secret = SecretBytes(utf8("hidden"))
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped] {
            #expect(text.contains("secret of 6 bytes"))
            #expect(!text.contains("hidden") && !text.contains("104"))
        }
    }

    @Test("secrets are equal when their bytes are")
    func equality() {
        #expect(SecretBytes([1, 2]) == SecretBytes([1, 2]))
        #expect(SecretBytes([1, 2]) != SecretBytes([1, 3]))
        #expect(SecretBytes([1, 2]) != SecretBytes([1, 2, 0]))
        #expect(SecretBytes([]) == SecretBytes([]))
        #expect(constantTimeEqual([], []) && constantTimeEqual([5], [5]))
        #expect(!constantTimeEqual([5], [6]) && !constantTimeEqual([5], [5, 5]) && !constantTimeEqual([], [0]))
    }
}

extension JSONObject {
    fileprivate func merging(_ name: String, _ value: JSONValue) -> JSONObject {
        var object = self
        object[name] = value
        return object
    }
}
