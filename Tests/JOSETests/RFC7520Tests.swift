import Foundation
import JSON
import Testing

@testable import JOSE

/// The cookbook of RFC 7520, from a folder beside this package: `TESSERA_RFC7520` names it, or it is found as
/// `shared/data/rfc7520` in one of the folders above this file.
@Suite("RFC 7520")
struct RFC7520Tests {
    private static let folder: URL? = {
        if let path = ProcessInfo.processInfo.environment["TESSERA_RFC7520"] { return URL(fileURLWithPath: path) }
        var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        while folder.path != "/" {
            let candidate = folder.appendingPathComponent("shared/data/rfc7520")
            if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
            folder.deleteLastPathComponent()
        }
        return nil
    }()

    /// Examples in compact serialisation, which must verify or open.
    private static let signed = [
        "jws/4_1.rsa_v15_signature", "jws/4_2.rsa-pss_signature", "jws/4_3.ecdsa_signature",
        "jws/4_4.hmac-sha2_integrity_protection", "curve25519/jws",
    ]
    private static let sealed = [
        "jwe/5_1.key_encryption_using_rsa_v15_and_aes-hmac-sha2", "jwe/5_2.key_encryption_using_rsa-oaep_with_aes-gcm",
        "jwe/5_3.key_wrap_using_pbes2-aes-keywrap_with-aes-cbc-hmac-sha2",
        "jwe/5_4.key_agreement_with_key_wrapping_using_ecdh-es_and_aes-keywrap_with_aes-gcm",
        "jwe/5_5.key_agreement_using_ecdh-es_with_aes-cbc-hmac-sha2", "jwe/5_6.direct_encryption_using_aes-gcm",
        "jwe/5_7.key_wrap_using_aes-gcm_keywrap_with_aes-cbc-hmac-sha2",
        "jwe/5_8.key_wrap_using_aes-keywrap_with_aes-gcm",
        "curve25519/ecdh-es",
    ]
    /// Compact, but refused on purpose: detached content (4.5) and compression (5.9).
    private static let refused: [(name: String, code: JOSEError.Code)] = [
        ("jws/4_5.signature_with_detached_content", .signatureInvalid),
        ("jwe/5_9.compressed_content", .compressionNotSupported),
    ]
    /// Only in JSON serialisation, which is not supported: unprotected headers, several recipients or signatures,
    /// additional authenticated data.
    private static let notCompact = [
        "jws/4_6.protecting_specific_header_fields", "jws/4_7.protecting_content_only", "jws/4_8.multiple_signatures",
        "jwe/5_10.including_additional_authentication_data", "jwe/5_11.protecting_specific_header_fields",
        "jwe/5_12.protecting_content_only", "jwe/5_13.encrypting_to_multiple_recipients",
    ]
    private static let keys = [
        "jwk/3_1.ec_public_key", "jwk/3_2.ec_private_key", "jwk/3_3.rsa_public_key", "jwk/3_4.rsa_private_key",
        "jwk/3_5.symmetric_key_mac_computation", "jwk/3_6.symmetric_key_encryption",
    ]

    /// The example's JSON; `nil` only where the whole folder is missing.
    private static func example(_ name: String) throws -> JSONObject? {
        guard let folder else {
            print("note: RFC 7520: no folder shared/data/rfc7520 above the package, so its examples did not run")
            return nil
        }
        return try JSONObject(parsing: Array(Data(contentsOf: folder.appendingPathComponent("\(name).json"))))
    }

    private static func key(_ input: JSONObject) throws -> JWK {
        if let password = input["pwd"]?.string { return try JWK(secret: SecretBytes(utf8(password))) }
        return try JWK(input.object("key"))
    }

    @Test("the lists above name every file of the folder, so none is forgotten")
    func complete() throws {
        guard let folder = Self.folder else { return print("note: RFC 7520: the folder is not there") }
        let known = Set(Self.signed + Self.sealed + Self.refused.map(\.name) + Self.notCompact + Self.keys)
        var found: Set<String> = []
        for part in ["jws", "jwe", "jwk", "curve25519"] {
            let files = try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent(part).path)
            for file in files where file.hasSuffix(".json") { found.insert("\(part)/\(file.dropLast(5))") }
        }
        #expect(found == known)
    }

    @Test("a signed example verifies, and is reproduced where the signature is deterministic", arguments: signed)
    func verifies(name: String) throws {
        guard let example = try Self.example(name) else { return }
        let input = try example.object("input")
        let token = try example.object("output").text("compact")
        let key = try Self.key(input)
        let alg = try #require(SignatureAlgorithm(rawValue: input.text("alg")))
        let payload = utf8(try input.text("payload"))
        let policy = JWSPolicy(algorithms: [alg], types: .absentOr([]))
        #expect(try JWS.verify(token, accepting: policy, keys: [key]).payload == payload)
        guard example["reproducible"] == true else { return }
        let header = HeaderParameters(kid: try example.object("signing").object("protected")["kid"]?.string)
        #expect(try JWS.sign(payload, using: key, alg: alg, header: header) == token)
    }

    @Test("a sealed example opens", arguments: sealed)
    func opens(name: String) throws {
        guard let example = try Self.example(name) else { return }
        let input = try example.object("input")
        let alg = try #require(KeyManagementAlgorithm(rawValue: input.text("alg")))
        let enc = try #require(ContentEncryption(rawValue: input.text("enc")))
        let policy = JWEPolicy(algorithms: [alg], encryptions: [enc], types: .absentOr([]))
        let token = try example.object("output").text("compact")
        let opened = try JWE.open(token, accepting: policy, keys: [Self.key(input)])
        #expect(opened.plaintext == utf8(try input.text("plaintext")))
    }

    /// All but those where RSA makes random numbers of its own (5.1, 5.2) and the one whose ephemeral key is not the
    /// one of its header (`curve25519/ecdh-es`).
    @Test("a sealed example is reproduced byte by byte from its random numbers", arguments: sealed[2..<8])
    func reproduces(name: String) throws {
        guard let example = try Self.example(name) else { return }
        let input = try example.object("input")
        let token = try example.object("output").text("compact")
        let generated = try example.object("generated")
        let encrypting = example["encrypting_key"]?.object ?? [:]
        let protected = try example.object("encrypting_content").object("protected")
        let alg = try #require(KeyManagementAlgorithm(rawValue: input.text("alg")))
        let enc = try #require(ContentEncryption(rawValue: input.text("enc")))
        var bytes: [[UInt8]] = []
        if generated["cek"] != nil { bytes.append(try generated.bytes("cek")) }
        if let ephemeral = encrypting["epk"]?.object { bytes.append(try ephemeral.bytes("d")) }
        if encrypting["salt"] != nil { bytes.append(try encrypting.bytes("salt")) }
        if alg == .a256GCMKW { bytes.append(try encrypting.bytes("iv")) }
        bytes.append(try generated.bytes("iv"))
        var header = HeaderParameters(kid: protected["kid"]?.string, cty: protected["cty"]?.string)
        header.order = protected.members.map(\.name)
        if let count = protected["p2c"]?.integer { header.passwordIterations = Int(count) }
        let random = ListedBytes(bytes)
        let sealed = try JWE.seal(
            utf8(input.text("plaintext")), using: Self.key(input), alg: alg, enc: enc, header: header, random: random)
        #expect(sealed == token)
        #expect(random.isUsedUp)
    }

    @Test("detached and compressed examples are refused", arguments: refused)
    func refuses(name: String, expected: JOSEError.Code) throws {
        guard let example = try Self.example(name) else { return }
        let token = try example.object("output").text("compact")
        let keys = JWKSet([try Self.key(example.object("input"))])
        let found = code {
            name.hasPrefix("jws")
                ? try JWS.verify(token, accepting: Everything.signed, keys: keys).payload
                : try JWE.open(token, accepting: Everything.sealed, keys: keys).plaintext
        }
        #expect(found == expected)
    }

    @Test("examples in JSON serialisation have no compact form, and their JSON is no token", arguments: notCompact)
    func jsonOnly(name: String) throws {
        guard let example = try Self.example(name) else { return }
        let output = try example.object("output")
        #expect(output["compact"] == nil)
        for form in ["json", "json_flat"] {
            guard let text = output[form]?.description else { continue }
            // Dots in names may make it look like the right number of parts.
            let refusals: [JOSEError.Code?] = [.tokenMalformed, .encodingMalformed]
            let opened = code { try JWE.open(text, accepting: Everything.sealed, keys: [secretKey(32)]) }
            let verified = code { try JWS.verify(text, accepting: Everything.signed, keys: [secretKey(32)]) }
            #expect(refusals.contains(opened) && refusals.contains(verified))
        }
    }

    @Test("a key is read and printed as it was", arguments: keys)
    func key(name: String) throws {
        guard let object = try Self.example(name) else { return }
        let key = try JWK(object)
        #expect(try (key.isPrivate ? key.privateJSON() : key.publicJSON()) == object)
    }
}
