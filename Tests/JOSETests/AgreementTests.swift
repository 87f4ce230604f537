import JSON
import Testing

@testable import JOSE

@Suite("Key agreement")
struct AgreementTests {
    /// A genuine ECDH-ES token whose `epk` is replaced; the content cannot open then, so the code says who refused.
    private static func openCode(_ key: JWK, epk: JSONValue) throws -> JOSEError.Code? {
        let header: JSONObject = ["alg": "ECDH-ES", "enc": "A128GCM", "epk": epk]
        let token = [
            Base64URL.encode(header.serialized()), "", Base64URL.encode([UInt8](repeating: 0, count: 12)), "AAAA",
            Base64URL.encode([UInt8](repeating: 0, count: 16)),
        ].joined(separator: ".")
        return code { try JWE.open(token, accepting: Everything.sealed, keys: [key]) }
    }

    @Test("RFC 7518, appendix C: both sides derive the key of the example")
    func appendixC() throws {
        let alice: JSONObject = [
            "kty": "EC", "crv": "P-256", "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
            "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps", "d": "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo",
        ]
        let bob: JSONObject = [
            "kty": "EC", "crv": "P-256", "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
            "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck", "d": "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw",
        ]
        guard case .curve(_, let first) = try JWK(alice).material, case .curve(_, let second) = try JWK(bob).material
        else {
            Issue.record("not on a curve")
            return
        }
        for secret in [try first.agree(with: second), try second.agree(with: first)] {
            let key = try KeyDerivation.concatenation(
                secret, algorithm: "A128GCM", partyU: utf8("Alice"), partyV: utf8("Bob"), length: 16)
            #expect(Base64URL.encode(key.revealed()) == "VqqN6vgjbSBcIijNcacQGg")
        }
        // The whole token: the ephemeral key of the example makes the header of the example.
        let ephemeral = try alice.bytes("d")
        var header = HeaderParameters()
        header.producer = utf8("Alice")
        header.recipient = utf8("Bob")
        let random = ListedBytes([ephemeral, [UInt8](repeating: 1, count: 12)])
        let token = try JWE.seal(
            utf8("x"), using: JWK(bob).publicKey(), alg: .ecdhES, enc: .a128GCM, header: header, random: random)
        let opened = try JWE.open(token, accepting: Everything.sealed, keys: [JWK(bob)])
        #expect(opened.plaintext == utf8("x"))
        var epk = alice
        epk["d"] = nil
        #expect(opened.header.members["epk"] == .object(epk))
        #expect(opened.header.members["apu"] == "QWxpY2U")
        #expect(opened.header.members["apv"] == "Qm9i")
    }

    /// With the numbers of RFC 7748, section 6: private part, the other side's public part, shared secret.
    @Test(
        "RFC 8037, A.6 and A.7: the shared secrets of the examples",
        arguments: [
            (
                Curve.x25519, "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
                "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
                "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
            ),
            (
                .x448,
                "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d6927c120bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d",
                "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0",
                "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c24403085d59a449a5037514a879d"
            ),
        ])
    func sharedSecrets(curve: Curve, own: String, other: String, secret: String) throws {
        let own = try #require(Hex.decode(own))
        let other = try #require(Hex.decode(other))
        let agreed = try AsymmetricKey.octetKeyPair(curve, privatePart: SecretBytes(own))
            .agree(with: .octetKeyPair(curve, publicPart: other))
        #expect(Hex.encode(agreed.revealed()) == secret)
    }

    @Test("a point that is not on the curve is refused")
    func invalidCurve() throws {
        for curve in [Curve.p256, .p384, .p521] {
            let key = try JWK.generate(on: curve)
            let other = try JWK.generate(on: curve).publicJSON()
            let count = curve.coordinateCount
            let zero = JSONValue.string(Base64URL.encode([UInt8](repeating: 0, count: count)))
            let ones = JSONValue.string(Base64URL.encode([UInt8](repeating: 255, count: count)))
            var changedY = try other.bytes("y")
            changedY[count - 1] ^= 1
            for (x, y) in [
                (other["x"], .string(Base64URL.encode(changedY))), (zero, zero), (ones, ones), (other["y"], other["x"]),
            ] {
                var epk = other
                epk["x"] = x
                epk["y"] = y
                #expect(try Self.openCode(key, epk: .object(epk)) == .parameterNotAccepted)
            }
            #expect(try Self.openCode(key, epk: .object(other)) == .decryptionFailed)
        }
    }

    @Test(
        "points of small order, which make an all-zero secret, are refused",
        arguments: [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        ])
    func smallOrder(point: String) throws {
        let key = try JWK.generate(on: .x25519)
        let x = try #require(Hex.decode(point))
        let epk: JSONValue = ["kty": "OKP", "crv": "X25519", "x": .string(Base64URL.encode(x))]
        #expect(try Self.openCode(key, epk: epk) == .parameterNotAccepted)
    }

    @Test("a zero X448 point is refused")
    func smallOrder448() throws {
        let x = JSONValue.string(Base64URL.encode([UInt8](repeating: 0, count: 56)))
        let epk: JSONValue = ["kty": "OKP", "crv": "X448", "x": x]
        #expect(try Self.openCode(JWK.generate(on: .x448), epk: epk) == .parameterNotAccepted)
    }

    @Test("epk must be a public key on the recipient's curve")
    func otherCurve() throws {
        let key = try JWK.generate(on: .p256)
        for curve in Curve.allCases where curve != .p256 {
            let epk = JSONValue.object(try JWK.generate(on: curve).publicJSON())
            #expect(try Self.openCode(key, epk: epk) == .parameterNotAccepted)
        }
        let private256 = JSONValue.object(try JWK.generate(on: .p256).privateJSON())
        #expect(try Self.openCode(key, epk: private256) == .parameterNotAccepted)
        for wrong: JSONValue in [
            nil, "x", [:], ["kty": "oct", "k": "AAAA"], ["kty": "EC", "crv": "P-256"],
            ["kty": "OKP", "crv": "P-256", "x": "AA"],
        ] {
            #expect(try Self.openCode(key, epk: wrong) == .parameterNotAccepted)
        }
    }

    @Test("apu and apv change the key")
    func parties() throws {
        let key = try JWK.generate(on: .x25519)
        let token = try JWE.seal(
            [1], using: key, alg: .ecdhES, enc: .a128GCM, header: HeaderParameters(producer: utf8("a")))
        let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        #expect(try JWE.open(token, accepting: Everything.sealed, keys: [key]).plaintext == [1])
        for (apu, expected) in [
            (JSONValue.string("!"), JOSEError.Code.parameterNotAccepted), (1, .parameterNotAccepted),
            ("AA", .decryptionFailed),
        ] {
            let bytes = try #require(Base64URL.decode(parts[0]))
            var header = try JSONObject(parsing: bytes)
            header["apu"] = apu
            let changed = ([Base64URL.encode(header.serialized())] + parts.dropFirst()).joined(separator: ".")
            #expect(code { try JWE.open(changed, accepting: Everything.sealed, keys: [key]) } == expected)
        }
    }
}
