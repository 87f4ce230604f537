import TesseraCore
import Testing

@Suite("A session's name")
struct SessionIDTests {
    @Test("is written as base64url of its 16 bytes, in 22 characters")
    func text() {
        #expect(SessionID(high: 0, low: 0).description == "AAAAAAAAAAAAAAAAAAAAAA")
        #expect(SessionID(high: .max, low: .max).description == "_____________________w")
        #expect(SessionID(high: 0, low: 1).description == "AAAAAAAAAAAAAAAAAAAAAQ")
        #expect(SessionID(high: 1 << 63, low: 0).description == "gAAAAAAAAAAAAAAAAAAAAA")
        // 00 01 02 … 0f, encoded by RFC 4648, section 5.
        let counting = SessionID(high: 0x0001_0203_0405_0607, low: 0x0809_0A0B_0C0D_0E0F)
        #expect(counting.description == "AAECAwQFBgcICQoLDA0ODw")
        #expect(counting.bytes == Array(0...15))
        // A name in which both of the alphabet's last characters stand.
        #expect(SessionID(high: 0xFBEF_BEFB_EFBE_FBEF, low: 0xFFFF_FFFF_FFFF_FFFE).description.hasPrefix("----"))
    }

    @Test("comes back from its text and from its bytes")
    func roundTrip() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            let id = SessionID(high: random.next(), low: random.next())
            #expect(SessionID(id.description) == id, "\(id)")
            #expect(SessionID(bytes: id.bytes) == id, "\(id)")
            #expect(id.description.utf8.count == 22)
        }
    }

    @Test(
        "is nothing but the 22 characters",
        arguments: [
            "", "A", "AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA==",
            "AAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAA+AAAAAAAAAAA", "AAAAAAAAAA/AAAAAAAAAAA", " AAAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAAA ", "AAAAAAAAAAA\nAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAA\u{C4}",
            "AAAAAAAAAAAAAAAAAAAAA\u{0}",
            "AAAAAAAAAAAAAAAAAAAAA.", String(repeating: "A", count: 10_000),
        ])
    func strict(text: String) {
        #expect(SessionID(text) == nil)
    }

    @Test("has one text only: no other last character means the same")
    func unusedBits() {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        let readable = alphabet.filter { SessionID("AAAAAAAAAAAAAAAAAAAAA\($0)") != nil }
        #expect(readable == "AQgw")
    }

    @Test("takes the first 16 bytes, and needs as many")
    func bytes() {
        #expect(SessionID(bytes: Array(0...15)) == SessionID(bytes: Array(0...31)))
        #expect(SessionID(bytes: Array(0...14)) == nil)
        #expect(SessionID(bytes: [UInt8]()) == nil)
        #expect(SessionID(bytes: [UInt8](0...20).dropFirst(2))?.bytes == Array(2...17))
    }

    @Test("is ordered as its bytes are")
    func order() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<200 {
            let left = SessionID(high: random.next() % 3, low: random.next())
            let right = SessionID(high: random.next() % 3, low: random.next())
            #expect((left < right) == left.bytes.lexicographicallyPrecedes(right.bytes))
        }
    }
}
