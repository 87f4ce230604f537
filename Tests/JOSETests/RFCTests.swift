import JOSE
import JSON
import Testing

/// Examples of RFC 7515, 7516, 7517, 7638 and 8037, from `Vectors/rfc.json`.
@Suite("Examples of the RFCs")
struct RFCTests {
    private static func entries(_ kind: String) throws -> [JSONObject] { try VectorFiles.object("rfc").objects(kind) }

    @Test("RFC 7515, A.1 to A.4, and RFC 8037, A.4: the tokens verify, and the deterministic ones are reproduced")
    func signed() throws {
        let entries = try Self.entries("signed")
        #expect(entries.count == 5)
        for entry in entries {
            let key = try JWK(entry.object("key"))
            let alg = try #require(SignatureAlgorithm(rawValue: entry.text("alg")))
            let token = try entry.text("token")
            let policy = JWSPolicy(algorithms: [alg], types: .absentOr(["JWT"]))
            let publicKey = key.keyType == .octets ? key : try key.publicKey()
            let verified = try JWS.verify(token, accepting: policy, keys: [publicKey])
            #expect(verified.payload == (try entry.bytes("payload")), "\(entry["source"] ?? nil)")
            if entry["reproducible"] == true {
                #expect(try JWS.sign(entry.bytes("payload"), using: key, alg: alg) == token)
            }
        }
    }

    @Test("RFC 7516, A.1 to A.3: the tokens open, and A.3 is reproduced")
    func sealed() throws {
        let entries = try Self.entries("sealed")
        #expect(entries.count == 3)
        for entry in entries {
            // The key of A.3 is the first of RFC 7517, A.3.
            let key = try JWK(entry.object("key"))
            let alg = try #require(KeyManagementAlgorithm(rawValue: entry.text("alg")))
            let enc = try #require(ContentEncryption(rawValue: entry.text("enc")))
            let token = try entry.text("token")
            let policy = JWEPolicy(algorithms: [alg], encryptions: [enc], types: .absentOr([]))
            let opened = try JWE.open(token, accepting: policy, keys: [key])
            #expect(opened.plaintext == (try entry.bytes("plaintext")))
            guard entry["contentKey"] != nil else { continue }
            let random = ListedBytes([try entry.bytes("contentKey"), try entry.bytes("vector")])
            #expect(try JWE.seal(opened.plaintext, using: key, alg: alg, enc: enc, random: random) == token)
            #expect(random.isUsedUp)
        }
    }

    @Test("RFC 7517, A.1 to A.3, and RFC 8037, A.1 and A.2: the keys are read and printed as they were")
    func keys() throws {
        let entries = try Self.entries("keys")
        #expect(entries.count == 8)
        for entry in entries {
            let object = try entry.object("jwk")
            let key = try JWK(object)
            #expect(try (key.isPrivate ? key.privateJSON() : key.publicJSON()) == object)
            guard entry["thumbprint"] != nil else { continue }
            // RFC 7638, section 3.1; RFC 8037, A.3: the same for private and public.
            #expect(try key.thumbprint() == entry.text("thumbprint"))
            #expect(try key.publicKey().thumbprint() == entry.text("thumbprint"))
        }
    }

    @Test(
        "RFC 5869, A.1 to A.3: HKDF",
        arguments: [
            (
                "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
                42,
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
            ),
            (
                (0x00...0x4F).map { Hex.encode([UInt8($0)]) }.joined(),
                (0x60...0xAF).map { Hex.encode([UInt8($0)]) }.joined(),
                (0xB0...0xFF).map { Hex.encode([UInt8($0)]) }.joined(), 82,
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
            ),
            (
                "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "", 42,
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
            ),
        ])
    func hkdf(secret: String, salt: String, info: String, length: Int, expected: String) throws {
        let secret = try #require(Hex.decode(secret))
        let salt = try #require(Hex.decode(salt))
        let info = try #require(Hex.decode(info))
        let derived = try HKDF.derive(secret: SecretBytes(secret), salt: salt, info: info, length: length)
        #expect(Hex.encode(derived.revealed()) == expected)
    }

    @Test("RFC 4231, test cases 1, 2 and 6: HMAC-SHA-256")
    func hmac() throws {
        let cases: [([UInt8], [UInt8], String)] = [
            (
                [UInt8](repeating: 0x0B, count: 20), utf8("Hi There"),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                utf8("Jefe"), utf8("what do ya want for nothing?"),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xAA, count: 131), utf8("Test Using Larger Than Block-Size Key - Hash Key First"),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
        ]
        for (key, message, expected) in cases {
            let code = try HMACSHA256(key: SecretBytes(key))
            for _ in 0..<2 { #expect(Hex.encode(try code.authenticate(message)) == expected) }
            let full = try code.authenticate(message)
            #expect(try code.isValid(full, for: message))
            #expect(try code.isValid(Array(full.prefix(16)), for: message))
            #expect(try !code.isValid(Array(full.prefix(15)), for: message))
            #expect(try !code.isValid(full + [0], for: message))
            #expect(try !code.isValid(full, for: message + [0]))
        }
    }

    @Test("FIPS 180-4: the hash values of abc")
    func hashes() throws {
        #expect(
            Hex.encode(try SHA256.hash("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Hex.encode(try SHA384.hash(utf8("abc"))).hasPrefix("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"))
        #expect(Hex.encode(try SHA512.hash(utf8("abc"))).hasPrefix("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea2"))
        #expect(
            Hex.encode(try SHA256.hash([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }
}
