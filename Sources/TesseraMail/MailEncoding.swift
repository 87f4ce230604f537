/// How content travels (RFC 2045, section 6).
enum MailEncoding {
    /// Base64 in one line.
    static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let word = group.reduce(0) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            for index in 0..<4 {
                let digit = alphabet[Int(word >> (18 - 6 * UInt32(index)) & 63)]
                text.append(index <= group.count ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Quoted-printable, in lines of 76 characters at most that end with CR LF. Every kind of line end becomes CR LF.
    static func quotedPrintable(_ text: String) -> String {
        let lines = text.replacingLineEnds.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return lines.map { quotedLine(Array($0)) }.joined(separator: "\r\n")
    }

    private static func quotedLine(_ bytes: [UInt8]) -> String {
        var lines = [""]
        for (index, byte) in bytes.enumerated() {
            let isLast = index == bytes.count - 1
            let isBlank = byte == 0x20 || byte == 0x09
            let isPlain = (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=")
            let piece = isPlain || (isBlank && !isLast) ? String(UnicodeScalar(byte)) : escaped(byte)
            if lines[lines.count - 1].utf8.count + piece.utf8.count > 75 {
                lines[lines.count - 1] += "="
                lines.append("")
            }
            lines[lines.count - 1] += piece
        }
        return lines.joined(separator: "\r\n")
    }

    private static func escaped(_ byte: UInt8) -> String {
        let hex = String(byte, radix: 16, uppercase: true)
        return hex.count == 1 ? "=0\(hex)" : "=\(hex)"
    }
}

extension String {
    /// The UTF-8 with every line end as one line feed.
    fileprivate var replacingLineEnds: [UInt8] {
        var bytes: [UInt8] = []
        var previous: UInt8 = 0
        for byte in utf8 {
            switch byte {
            case 0x0D: bytes.append(0x0A)
            case 0x0A where previous == 0x0D: break
            default: bytes.append(byte)
            }
            previous = byte
        }
        return bytes
    }
}
