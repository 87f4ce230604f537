import TesseraRuntime

/// Who sends or gets a message: an address, and perhaps a name (RFC 5322, section 3.4).
struct Mailbox: Equatable {
    let name: String
    let address: String

    /// Reads `address` or `Name <address>`.
    init(_ text: String) throws(MailError) {
        guard text.utf8.count <= 1000, !text.unicodeScalars.contains(where: Self.isControl) else {
            throw MailError(.invalid, "a mailbox has control characters, or is too long")
        }
        if text.hasSuffix(">"), let open = text.lastIndex(of: "<") {
            var name = text[..<open].drop { $0 == " " }
            while name.last == " " { name.removeLast() }
            if name.count >= 2, name.hasPrefix("\""), name.hasSuffix("\"") { name = name.dropFirst().dropLast() }
            guard !name.contains("<") else { throw MailError(.invalid, "a mailbox has two addresses") }
            self.name = String(name)
            address = String(text[text.index(after: open)...].dropLast())
        } else {
            name = ""
            address = text
        }
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), !address.contains(where: Self.isForbidden) else {
            throw MailError(.invalid, "\"\(text.prefix(100))\" is no mailbox")
        }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }

    private static func isForbidden(_ character: Character) -> Bool {
        character.isWhitespace || "<>(),;:\\\"[]".contains(character)
    }

    /// As it stands in a header.
    var header: String {
        if name.isEmpty { return address }
        guard name.utf8.allSatisfy({ $0 < 0x80 }) else { return "\(EncodedWord.encode(name)) <\(address)>" }
        let quoted = name.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
        return "\"\(quoted)\" <\(address)>"
    }
}

/// Text beyond ASCII in a header (RFC 2047).
enum EncodedWord {
    /// The text itself where it is plain, or else in encoded words of 75 characters at most, each whole characters.
    static func encode(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20...0x7E).contains($0) } && !text.contains("=?")
        if isPlain { return text }
        var words: [[UInt8]] = [[]]
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            // 45 bytes are 60 characters of base64, and the frame has 12.
            if words[words.count - 1].count + bytes.count > 45 { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { "=?UTF-8?B?\(MailEncoding.base64($0))?=" }.joined(separator: "\r\n ")
    }
}
