import JOSE
import TesseraCore
import TesseraTestKit
import Testing

@testable import TesseraTokens

@Suite("Reference tokens")
struct ReferenceTokenTests {
    @Test("They name session and generation and nothing else, and are the same from every node")
    func roundTrip() throws {
        let tokens = try SessionTokens.sample(format: .reference)
        let session = Sample.session(5, generation: 7)
        let minted = try tokens.mint(session, seed: 1)
        #expect(try SessionTokens.sample(format: .reference).mint(session, seed: 2).text == minted.text)
        #expect(minted.text.hasPrefix("\(session.id).7."))
        #expect(minted.text.utf8.count == 22 + 1 + 1 + 1 + 22)
        let expected = ReferenceToken(session: session.id, generation: Generation(7))
        #expect(tokens.open(minted.text, at: Sample.now) == .success(.reference(expected)))
        #expect(try tokens.id(of: expected) == minted.token.id)
    }

    @Test("No other text is one: every character changed, pieces moved, numbers written otherwise")
    func forgeries() throws {
        let tokens = try SessionTokens.sample(format: .reference)
        let text = try tokens.mint(Sample.session(5, generation: 7)).text
        let bytes = Array(text.utf8)
        for index in bytes.indices {
            var changed = bytes
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "E") : UInt8(ascii: "A")
            #expect(tokens.refusal(String(decoding: changed, as: UTF8.self)) != nil, "at \(index)")
        }
        let parts = text.split(separator: ".").map(String.init)
        for forged in [
            "\(parts[0]).8.\(parts[2])", "\(parts[0]).07.\(parts[2])", "\(parts[0]).+7.\(parts[2])",
            "\(parts[0]).7.\(parts[2].dropLast())", "\(parts[0]).7.", "\(parts[0]).7", "\(text).", ".\(text)",
            "\(parts[0]).4294967303.\(parts[2])", text + "=",
        ] { #expect(tokens.refusal(forged) != nil, "\(forged)") }
    }

    @Test("Every secret of the ring reads them, and only those")
    func rotation() throws {
        let text = try SessionTokens.sample(Sample.ring("old"), format: .reference).mint().text
        let after = try SessionTokens.sample(Sample.ring("new", "old"), format: .reference)
        if case .success(.reference) = after.open(text, at: Sample.now) {} else { Issue.record("the old secret reads") }
        let later = try SessionTokens.sample(Sample.ring("new"), format: .reference)
        #expect(later.refusal(text) != nil)
    }
}
