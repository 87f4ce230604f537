import JOSE
import JSON
import TesseraCore
import TesseraTestKit
import Testing

@testable import TesseraTokens

@Suite("The ring of secrets")
struct SecretRingTests {
    @Test("The first seals and names itself, all open")
    func rotation() throws {
        let before = try SessionTokens.sample(Sample.ring("old"))
        let during = try SessionTokens.sample(Sample.ring("new", "old"))
        let after = try SessionTokens.sample(Sample.ring("new"))
        let old = try before.mint().text
        let new = try during.mint().text
        #expect(during.own(old) != nil && during.own(new) != nil && after.own(new) != nil)
        #expect(after.refusal(old) == "key_unknown")
        #expect(before.refusal(new) == "key_unknown")
        let header = try #require(Base64URL.decode(String(new.prefix { $0 != "." })))
        let kid = try #require(try JSONObject(parsing: header)["kid"]?.string)
        let secret = try #require(Secret("new"))
        #expect(try kid == secret.keyID())
        #expect(kid.utf8.count == 8)
    }

    @Test("A token without kid is tried with every secret")
    func withoutName() throws {
        let text = try Sample.nextAuth(Sample.payload(), secret: "oldest")
        let tokens = try SessionTokens.sample(Sample.ring("new", "old", "oldest"))
        #expect(tokens.adopted(text) != nil)
        #expect(try SessionTokens.sample(Sample.ring("new", "old")).refusal(text) == "decryption_failed")
    }

    @Test("A NextAuth.js token is adopted into the same session whatever the order of the ring, and after it changed")
    func adoptionWhileSecretsChange() throws {
        let text = try Sample.nextAuth(Sample.payload(), secret: "old")
        let rings = [
            try Sample.ring("old"), try Sample.ring("old", "new"), try Sample.ring("new", "old"),
            try Sample.ring("newest", "new", "old"),
        ]
        let sessions = Set(try rings.map { try SessionTokens.sample($0).adopted(text)?.session })
        #expect(sessions.count == 1 && !sessions.contains(nil))
        let formats: [TokenFormat] = [.signed(alg: "HS256"), .reference]
        for format in formats {
            let tokens = try SessionTokens.sample(Sample.ring("new", "old"), format: format)
            #expect(tokens.adopted(text).map { sessions.contains($0.session) } == true, "\(format)")
        }
        let another = try Sample.nextAuth(Sample.payload(more: ["jti": "other"]), secret: "old")
        let other = try #require(try SessionTokens.sample(rings[1]).adopted(another))
        #expect(!sessions.contains(other.session))
        let resealed = try Sample.nextAuth(Sample.payload(), secret: "old", seed: 99)
        #expect(try SessionTokens.sample(rings[2]).adopted(resealed).map { sessions.contains($0.session) } == true)
    }

    @Test("Secrets and keys never print")
    func printing() throws {
        let text = "hunter2-hunter2-hunter2-hunter2-x"
        let secret = try #require(Secret(text))
        let key = try #require(OperatorKey(text))
        let ring = try #require(SecretRing([secret]))
        let tokens = try SessionTokens.sample(ring)
        for value in [secret, key, ring, tokens, CSRFTokens(ring: ring), CheckCookies(ring: ring)] as [Any] {
            var dumped = ""
            dump(value, to: &dumped)
            for printed in ["\(value)", String(reflecting: value), dumped] {
                #expect(!printed.contains("hunter2"))
                #expect(!printed.contains("\(Array(text.utf8).prefix(4))".dropLast()))
            }
        }
        #expect("\(secret)" == "secret" && "\(key)" == "operator key")
    }

    @Test("A secret is any text but the empty one; short ones are noticed")
    func lengths() throws {
        #expect(Secret("") == nil && SecretRing([]) == nil)
        #expect(Secret(String(repeating: "a", count: 31))?.isShort == true)
        #expect(Secret(String(repeating: "a", count: 32))?.isShort == false)
        #expect(Secret.makeText(random: .seeded(1)) != Secret.makeText(random: .seeded(2)))
        #expect(Secret.makeText().utf8.count == 43)
    }

    @Test(
        "The operator's key opens as a bearer token only",
        arguments: [
            ("Bearer 0123456789abcdef", true), ("bearer 0123456789abcdef", true), ("BEARER 0123456789abcdef", true),
            ("Bearer 0123456789abcdeF", false), ("Bearer 0123456789abcde", false), ("Bearer 0123456789abcdef ", false),
            ("Basic 0123456789abcdef", false), ("0123456789abcdef", false), ("", false), ("Bearer", false),
            ("Bearer ", false),
        ])
    func operatorKey(header: String, opens: Bool) throws {
        let key = try #require(OperatorKey("0123456789abcdef"))
        #expect(key.opens(header) == opens)
        #expect(!key.opens(nil))
        #expect(OperatorKey("0123456789abcde") == nil)
    }
}
