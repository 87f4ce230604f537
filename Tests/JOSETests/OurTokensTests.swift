import Foundation
import JOSE
import JSON
import Testing

/// Tokens that this package makes: each algorithm must read its own, and `Vectors/check_ours.py` lets two other
/// libraries read those in `Vectors/ours.json`.
@Suite("Our own tokens")
struct OurTokensTests {
    static let payload = utf8("What one node accepts all nodes accept – ✓")

    private static func keys() throws -> [(name: String, key: JWK)] {
        var keys: [(name: String, key: JWK)] = []
        for count in [16, 24, 32, 48, 64] { keys.append(("oct-\(count)", try .generateSecret(bitCount: count * 8))) }
        keys.append(("password", try JWK(secret: SecretBytes(utf8("an unlikely – password")))))
        keys.append(("RSA", try .generateRSA()))
        for curve in Curve.allCases { keys.append((curve.rawValue, try .generate(on: curve))) }
        return keys
    }

    private static func suits(_ key: JWK, _ alg: SignatureAlgorithm) -> Bool {
        code { try JWS.sign(payload, using: key, alg: alg) } == nil
    }

    private static func suits(_ key: JWK, _ alg: KeyManagementAlgorithm, _ enc: ContentEncryption) -> Bool {
        code { try JWESealer(key: key, alg: alg, enc: enc) } == nil
    }

    /// A key for each algorithm: HMAC keys of the hash's own length, and passwords only for passwords.
    private static func isUsual(_ name: String, _ key: JWK, _ alg: SignatureAlgorithm) -> Bool {
        switch alg {
        case .hs256: name == "oct-32"
        case .hs384: name == "oct-48"
        case .hs512: name == "oct-64"
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512, .es256, .es384, .es512, .edDSA: suits(key, alg)
        }
    }

    private static func isUsual(
        _ name: String, _ key: JWK, _ alg: KeyManagementAlgorithm, _ enc: ContentEncryption
    ) -> Bool {
        alg.rawValue.hasPrefix("PBES2") ? name == "password" : name != "password" && suits(key, alg, enc)
    }

    private static func file() throws -> JSONObject {
        let keys = try keys()
        var signed: [JSONValue] = []
        var sealed: [JSONValue] = []
        for (name, key) in keys {
            for alg in SignatureAlgorithm.allCases where isUsual(name, key, alg) {
                let token = try JWS.sign(payload, using: key, alg: alg, header: HeaderParameters(typ: "JWT"))
                signed.append(["alg": .string(alg.rawValue), "key": .string(name), "token": .string(token)])
            }
            for alg in KeyManagementAlgorithm.allCases {
                for enc in ContentEncryption.allCases where isUsual(name, key, alg, enc) {
                    var header = HeaderParameters(typ: "JWT")
                    header.passwordIterations = 1000
                    if alg.rawValue.hasPrefix("ECDH") {
                        (header.producer, header.recipient) = (utf8("Alice"), utf8("Bob"))
                    }
                    let token = try JWE.seal(payload, using: key, alg: alg, enc: enc, header: header)
                    sealed.append([
                        "alg": .string(alg.rawValue), "enc": .string(enc.rawValue), "key": .string(name),
                        "token": .string(token),
                    ])
                }
            }
        }
        return [
            "payload": .string(Base64URL.encode(payload)),
            "keys": .object(JSONObject(try keys.map { ($0.name, .object(try $0.key.privateJSON())) })),
            "signed": .array(signed), "sealed": .array(sealed),
        ]
    }

    @Test("each algorithm reads what it writes; TESSERA_JOSE_TOKENS names a file to keep the tokens in")
    func roundTrip() throws {
        let file = try Self.file()
        let keys = try file.object("keys")
        let signed = try file.objects("signed")
        let sealed = try file.objects("sealed")
        #expect(signed.count == 14)
        #expect(sealed.count == 6 + 12 * 6 + 4 * 5 * 6)
        for entry in signed {
            let key = try JWK(keys.object(entry.text("key")))
            let verified = try JWS.verify(entry.text("token"), accepting: Everything.signed, keys: [key])
            #expect(verified.payload == Self.payload)
        }
        for entry in sealed {
            let key = try JWK(keys.object(entry.text("key")))
            let opened = try JWE.open(entry.text("token"), accepting: Everything.sealed, keys: [key])
            #expect(opened.plaintext == Self.payload)
        }
        if let path = ProcessInfo.processInfo.environment["TESSERA_JOSE_TOKENS"] {
            try Data(file.serialized()).write(to: URL(fileURLWithPath: path))
        }
    }

    @Test("the tokens that other libraries checked cover every algorithm")
    func checkedTokens() throws {
        let ours = try LibraryVectors("ours")
        #expect(Set(ours.signed.map(\.alg)) == Set(SignatureAlgorithm.allCases.map(\.rawValue)))
        #expect(Set(ours.sealed.map(\.alg)) == Set(KeyManagementAlgorithm.allCases.map(\.rawValue)))
        #expect(Set(ours.sealed.compactMap(\.enc)) == Set(ContentEncryption.allCases.map(\.rawValue)))
    }
}
