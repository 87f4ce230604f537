import JOSE
import Testing

@Suite("base64url and hexadecimal")
struct EncodingTests {
    /// The definition, written as plainly as possible.
    private static func plainEncode(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let bits = bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
        var text = ""
        for start in stride(from: 0, to: bits.count, by: 6) {
            let group = bits[start..<min(start + 6, bits.count)]
            let value = group.reduce(0) { $0 << 1 | Int($1) } << (6 - group.count)
            text.append(alphabet[value])
        }
        return text
    }

    @Test("random bytes of every length up to 200 are written as defined, and read back")
    func roundTrip() {
        var generator = SeededGenerator(seed: 2)
        for count in 0...200 {
            for _ in 0..<5 {
                let bytes = generator.bytes(count)
                let text = Base64URL.encode(bytes)
                #expect(text == Self.plainEncode(bytes))
                #expect(Base64URL.decode(text) == bytes)
                #expect(Base64URL.decode(utf8(text)) == bytes)
            }
        }
    }

    @Test("of all texts of up to two characters exactly the right ones are read")
    func shortTexts() {
        let right = Dictionary(uniqueKeysWithValues: (UInt8.min ... .max).map { (utf8(Self.plainEncode([$0])), $0) })
        #expect(Base64URL.decode("") == [])
        for first in UInt8.min ... .max {
            #expect(Base64URL.decode([first]) == nil)
            for second in UInt8.min ... .max {
                let expected = right[[first, second]].map { [$0] }
                if Base64URL.decode([first, second]) != expected { Issue.record("\(first) \(second)") }
            }
        }
    }

    @Test(
        "every byte outside the alphabet is refused at every place, and so are unused bits",
        arguments: [2, 3, 4, 6, 7, 8, 24, 31, 43])
    func strictness(count: Int) {
        let alphabet = utf8("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let text = [UInt8](repeating: UInt8(ascii: "A"), count: count)
        for place in 0..<count {
            for byte in UInt8.min ... .max {
                var changed = text
                changed[place] = byte
                let isLast = place == count - 1
                let unusedBits = isLast ? [0, 0, 4, 2][count % 4] : 0
                let value = alphabet.firstIndex(of: byte)
                let isStrict = value.map { $0 & (1 << unusedBits - 1) == 0 } ?? false
                if (Base64URL.decode(changed) != nil) != isStrict { Issue.record("\(byte) at \(place) of \(count)") }
            }
        }
    }

    @Test(
        "padding, standard base64, white space and wrong lengths are refused",
        arguments: ["AA==", "AAA=", "A", "AAAAA", "+AAA", "/AAA", "AA AA", "AAAA\n", "é", "\u{0}"])
    func refused(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test("hexadecimal is written in lower case and read in either")
    func hexadecimal() {
        let bytes = (0...255).map { UInt8($0) }
        #expect(Hex.decode(Hex.encode(bytes)) == bytes)
        #expect(Hex.encode([0, 0x1F, 0xAB]) == "001fab")
        #expect(Hex.decode("001FaB") == [0, 0x1F, 0xAB])
        for text in ["0", "0g", "g0", " 0", "0x", "é", "١٢"] { #expect(Hex.decode(text) == nil) }
    }
}
