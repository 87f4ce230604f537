import TesseraCore
import Testing

@Suite("Identifiers")
struct IdentifierTests {
    @Test(
        "a user's name is any text of 1 to 256 bytes",
        arguments: [
            "a", "alice@example.com", "42", " ", "a b", "user|with:signs/and%20", "Ünïcødé", "利用者", "🧑‍🚀", "~",
            String(repeating: "x", count: 256), String(repeating: "é", count: 128),
        ])
    func acceptableUser(text: String) throws {
        let user = try #require(UserID(text))
        #expect(user.text == text)
        #expect(user.description == text)
    }

    @Test(
        "a user's name is not empty, too long, or with control characters",
        arguments: [
            "", String(repeating: "x", count: 257), String(repeating: "é", count: 128) + "x", "a\u{0}", "\n", "a\tb",
            "a\r\nb", "a\u{1F}", "\u{7F}", "a\u{80}", "a\u{85}b", "a\u{9F}",
        ])
    func unacceptableUser(text: String) {
        #expect(UserID(text) == nil)
    }

    @Test("two users are the same only when their bytes are, as in every store")
    func usersCompareByBytes() throws {
        let composed = try #require(UserID("ren\u{E9}"))
        let decomposed = try #require(UserID("rene\u{301}"))
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect(composed == UserID("ren\u{E9}"))
    }

    @Test(
        "a token's name is 1 to 128 printable ASCII characters",
        arguments: ["a", "!", "~", "0c6f0e5e-5d7f-4a5b-9d5e-3f1f1b1a2b3c", String(repeating: "j", count: 128)])
    func acceptableToken(text: String) throws {
        let token = try #require(TokenID(text))
        #expect(token.text == text)
        #expect(token.description == text)
    }

    @Test(
        "a token's name is nothing else",
        arguments: ["", String(repeating: "j", count: 129), "a b", " ", "\u{7F}", "a\u{0}", "é", "\u{85}", "a\n"])
    func unacceptableToken(text: String) {
        #expect(TokenID(text) == nil)
    }

    @Test("generations count from the adopted one, and stay at the last")
    func generations() {
        #expect(Generation.adopted.next == .first)
        #expect(Generation.first.next == Generation(2))
        #expect(Generation(.max - 1).next == Generation(.max))
        #expect(Generation(.max).next == Generation(.max))
        #expect(Generation.adopted < .first)
        #expect(Generation(41).description == "41")
    }

    @Test("epochs count from the initial one, and stay at the last")
    func epochs() {
        #expect(Epoch.initial.number == 0)
        #expect(Epoch.initial.next == Epoch(1))
        #expect(Epoch(.max).next == Epoch(.max))
        #expect(Epoch(1) < Epoch(2))
        #expect(Epoch(7).description == "7")
    }
}
