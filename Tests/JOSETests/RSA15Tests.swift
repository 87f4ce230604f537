import JSON
import Testing

@testable import JOSE

/// RSA1_5: whatever is wrong with the encrypted key, the answer is that of a wrong tag (RFC 7516, section 11.5).
@Suite("RSA1_5 tells nothing")
struct RSA15Tests {
    private struct Case {
        let name: String
        let token: String
    }

    private static func load() throws -> (key: JWK, payload: [UInt8], cases: [Case]) {
        let file = try VectorFiles.object("rsa1_5")
        let cases = try file.objects("cases").map { try Case(name: $0.text("name"), token: $0.text("token")) }
        return (try JWK(file.object("key")), try file.bytes("payload"), cases)
    }

    @Test("a right block opens, and every wrong one gives the error of a wrong tag, in the same words")
    func blocks() throws {
        let (key, payload, cases) = try Self.load()
        #expect(cases.count == 12)
        let right = try #require(cases.first { $0.name == "right" })
        #expect(try JWE.open(right.token, accepting: Everything.sealed, keys: [key]).plaintext == payload)
        let wrongTag = String(right.token.dropLast(22)) + String(repeating: "A", count: 22)
        let expected = JOSEError(.decryptionFailed, "not sealed with this key, or changed")
        for token in cases.filter({ $0.name != "right" }).map(\.token) + [wrongTag] {
            #expect(throws: expected) { try JWE.open(token, accepting: Everything.sealed, keys: [key]) }
        }
    }

    @Test("where the block is wrong, the random key is used: with it the content opens")
    func substitution() throws {
        // If the content was sealed with the bytes that the reader will draw, a malformed block opens. This shows
        // that failure goes down the same path as success, with another key.
        let (key, _, cases) = try Self.load()
        let malformed = try #require(cases.first { $0.name == "wrong block type" })
        let parts = malformed.token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let drawn = [UInt8](repeating: 0x5A, count: 32)
        let vector = [UInt8](repeating: 3, count: 16)
        let sealed = try ContentEncryption.a128CBCHS256.seal(
            utf8("opened"), with: SymmetricKey(SecretBytes(drawn)), vector: vector,
            additionalData: utf8(parts[0])[...])
        let token = [
            parts[0], parts[1], Base64URL.encode(vector), Base64URL.encode(sealed.ciphertext),
            Base64URL.encode(sealed.tag),
        ].joined(separator: ".")
        let random = ListedBytes([drawn])
        let opened = try JWE.open(utf8(token), accepting: Everything.sealed, keys: [key], random: random)
        #expect(opened.plaintext == utf8("opened"))
        #expect(random.isUsedUp)
        #expect(code { try JWE.open(token, accepting: Everything.sealed, keys: [key]) } == .decryptionFailed)
    }

    @Test("the random key is drawn for right blocks too")
    func sameWork() throws {
        let (key, payload, cases) = try Self.load()
        let right = try #require(cases.first { $0.name == "right" })
        let random = ListedBytes([[UInt8](repeating: 1, count: 32)])
        let opened = try JWE.open(utf8(right.token), accepting: Everything.sealed, keys: [key], random: random)
        #expect(opened.plaintext == payload)
        #expect(random.isUsedUp)
    }
}
