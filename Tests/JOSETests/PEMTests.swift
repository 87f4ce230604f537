import JOSE
import JSON
import Testing

/// Keys that the `openssl` command made, from `Vectors/pem.json`.
@Suite("PEM")
struct PEMTests {
    @Test("private and public keys of every kind are read, belong together and work")
    func keys() throws {
        let entries = try VectorFiles.object("pem").objects("keys")
        #expect(entries.count == 8)
        for entry in entries {
            let privateKey = try JWK(pem: entry.text("private"), restrictions: .init(kid: "k"))
            let publicKey = try JWK(pem: entry.text("public"))
            #expect(privateKey.kid == "k")
            #expect(privateKey.isPrivate && !publicKey.isPrivate)
            #expect(try privateKey.thumbprint() == publicKey.thumbprint())
            #expect(try entry.text("name") == (privateKey.curve?.rawValue ?? "RSA"))
            if privateKey.curve == .x25519 || privateKey.curve == .x448 {
                let token = try JWE.seal([1], using: publicKey, alg: .ecdhES, enc: .a128GCM)
                #expect(try JWE.open(token, accepting: Everything.sealed, keys: [privateKey]).plaintext == [1])
            } else {
                let alg: SignatureAlgorithm =
                    switch privateKey.curve {
                    case .p256: .es256
                    case .p384: .es384
                    case .p521: .es512
                    case .ed25519, .ed448: .edDSA
                    case .x25519, .x448, nil: .ps256
                    }
                let token = try JWS.sign([1], using: privateKey, alg: alg)
                #expect(try JWS.verify(token, accepting: Everything.signed, keys: [publicKey]).payload == [1])
            }
        }
    }

    @Test("encrypted, short, unsupported and broken keys are refused, without a question on the terminal")
    func refused() throws {
        let file = try VectorFiles.object("pem")
        #expect(code { try JWK(pem: file.text("encrypted")) } == .keyMalformed)
        #expect(code { try JWK(pem: file.text("short")) } == .keyLength)
        #expect(code { try JWK(pem: file.text("secp256k1")) } == .keyUnsuitable)
        #expect(code { try JWK(pem: file.text("rsaPSS")) } == .keyUnsuitable)
        let key = try file.objects("keys")[1]
        let text = try key.text("private")
        for count in stride(from: 0, to: text.utf8.count - 30, by: 7) {
            #expect(code { try JWK(pem: String(text.prefix(count))) } == .keyMalformed)
        }
        #expect(code { try JWK(pem: text + key.text("public")) } == .keyMalformed)
        #expect(code { try JWK(pem: text + String(repeating: " ", count: 1 << 16)) } == .keyMalformed)
    }
}
