import JOSE
import Testing

/// Changes to genuine tokens. None may be accepted, none may do anything but throw a `JOSEError`.
@Suite("Robustness: changed tokens")
struct RobustnessTests {
    private static func expectRefused(_ token: [UInt8], _ vector: TokenVector, _ what: @autoclosure () -> String) {
        let refusal = code {
            vector.enc == nil
                ? try JWS.verify(token, accepting: Everything.signed, keys: [vector.key]).payload
                : try JWE.open(token, accepting: Everything.sealed, keys: [vector.key]).plaintext
        }
        if refusal == nil { Issue.record("\(vector.testDescription): accepted, or failed otherwise, with \(what())") }
    }

    @Test("every truncation is refused", arguments: VectorFiles.foreign)
    func truncations(vector: TokenVector) {
        let token = utf8(vector.token)
        for count in 0..<token.count { Self.expectRefused(Array(token.prefix(count)), vector, "\(count) bytes") }
    }

    @Test("a flipped bit in any byte is refused", arguments: VectorFiles.foreign)
    func flips(vector: TokenVector) {
        var generator = SeededGenerator(seed: UInt64(vector.token.utf8.count))
        let token = utf8(vector.token)
        for index in token.indices {
            var changed = token
            let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &generator)
            changed[index] ^= bit
            Self.expectRefused(changed, vector, "byte \(index) ^ \(bit)")
        }
    }

    @Test("another character of the alphabet in any place is refused", arguments: VectorFiles.signed)
    func otherCharacters(vector: TokenVector) {
        var generator = SeededGenerator(seed: 0x7E55_E8A0)
        let alphabet = utf8("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let token = utf8(vector.token)
        for index in token.indices where token[index] != UInt8(ascii: ".") {
            var changed = token
            let others = alphabet.filter { $0 != token[index] }
            changed[index] = others.randomElement(using: &generator) ?? 0
            Self.expectRefused(changed, vector, "byte \(index) = \(changed[index])")
        }
    }

    @Test("swapped, repeated, emptied and added parts are refused", arguments: VectorFiles.foreign)
    func parts(vector: TokenVector) {
        let parts = vector.token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        for first in parts.indices {
            for second in parts.indices where parts[first] != parts[second] {
                var swapped = parts
                swapped.swapAt(first, second)
                Self.expectRefused(utf8(swapped.joined(separator: ".")), vector, "parts \(first), \(second) swapped")
                var repeated = parts
                repeated[first] = parts[second]
                Self.expectRefused(utf8(repeated.joined(separator: ".")), vector, "part \(second) as \(first)")
            }
            if !parts[first].isEmpty {
                var emptied = parts
                emptied[first] = ""
                Self.expectRefused(utf8(emptied.joined(separator: ".")), vector, "part \(first) emptied")
            }
            Self.expectRefused(
                utf8((parts + [parts[first]]).joined(separator: ".")), vector, "part \(first) added")
        }
    }

    @Test(
        "padding, spaces, line ends and NUL at either end of any part are refused",
        arguments: ["=", "==", " ", "\n", "\0"])
    func additions(addition: String) {
        for vector in VectorFiles.foreign {
            let parts = vector.token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            for index in parts.indices {
                for added in [parts[index] + addition, addition + parts[index]] {
                    var changed = parts
                    changed[index] = added
                    Self.expectRefused(utf8(changed.joined(separator: ".")), vector, "an addition to part \(index)")
                }
            }
        }
    }

    @Test("parts of two tokens do not make a third")
    func mixtures() {
        for (first, second) in zip(VectorFiles.sealed, VectorFiles.sealed.dropFirst()) {
            let left = first.token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            let right = second.token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            for index in left.indices where left[index] != right[index] {
                var mixed = left
                mixed[index] = right[index]
                Self.expectRefused(
                    utf8(mixed.joined(separator: ".")), first, "part \(index) of \(second.testDescription)")
            }
        }
    }

    @Test("random bytes are refused", arguments: 0..<20 as Range<UInt64>)
    func randomBytes(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let sealed = try #require(VectorFiles.sealed.randomElement(using: &generator))
        let signed = try #require(VectorFiles.signed.randomElement(using: &generator))
        let alphabet = utf8("ABCabc012-_...{}\"=")
        for _ in 0..<500 {
            let count = Int.random(in: 0..<300, using: &generator)
            let bytes = generator.bytes(count)
            let similar = bytes.map { alphabet[Int($0) % alphabet.count] }
            for token in [bytes, similar] {
                Self.expectRefused(token, sealed, "seed \(seed)")
                Self.expectRefused(token, signed, "seed \(seed)")
            }
            // A genuine header and random parts of the right form.
            for vector in [sealed, signed] {
                let parts = vector.token.split(separator: ".", omittingEmptySubsequences: false)
                let random = parts.dropFirst().map { Base64URL.encode(generator.bytes($0.utf8.count * 3 / 4)) }
                Self.expectRefused(utf8(([String(parts[0])] + random).joined(separator: ".")), vector, "seed \(seed)")
            }
        }
    }

    @Test("random JSON as a header is refused", arguments: 0..<10 as Range<UInt64>)
    func randomHeaders(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let pieces = [
            "{", "}", "[", "]", ",", ":", "\"alg\"", "\"enc\"", "\"dir\"", "\"A256GCM\"", "\"HS256\"", "\"crit\"",
            "\"epk\"", "\"p2c\"", "1e999", "-", "null", "\"\\uD800\"", "\\", "\u{0}", "1",
        ]
        let key = try secretKey(32)
        for _ in 0..<1000 {
            let count = Int.random(in: 0..<14, using: &generator)
            let inside = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            for header in [inside, "{\(inside)}", "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\(inside)}"] {
                let sealed = try Crafted.sealed(header, key: key)
                let signed = try Crafted.signed(header, alg: .hs256, key: key)
                // Genuine but for the header: whatever is accepted must have said what it is.
                if let opened = try? JWE.open(sealed, accepting: Everything.sealed, keys: [key]) {
                    #expect(opened.header.alg == .direct && opened.header.enc == .a256GCM)
                }
                if let verified = try? JWS.verify(signed, accepting: Everything.signed, keys: [key]) {
                    #expect(verified.header.alg == .hs256)
                }
            }
        }
    }
}
