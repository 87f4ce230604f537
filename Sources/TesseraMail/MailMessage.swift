import TesseraCore
import TesseraRuntime
import TesseraTokens

/// A message as it is handed to a server (RFC 5322): plain text and HTML as alternatives (RFC 2046, section 5.1.4).
struct MailMessage {
    let sender: Mailbox
    let recipient: Mailbox
    /// Everything, with CR LF at the ends of lines.
    let bytes: [UInt8]

    /// - Throws: `MailError` for an address that is none.
    init(_ mail: Mail, at now: Timestamp, random: RandomBytes) throws(MailError) {
        sender = try Mailbox(mail.from)
        recipient = try Mailbox(mail.to)
        let domain = sender.address.split(separator: "@")[1]
        let boundary = "tessera-\(Self.hex(random.bytes(16)))"
        let headers = [
            "From: \(sender.header)", "To: \(recipient.header)", "Subject: \(EncodedWord.encode(mail.subject.oneLine))",
            "Date: \(now.mailDate)", "Message-ID: <\(Self.hex(random.bytes(16)))@\(domain)>", "MIME-Version: 1.0",
            // Nobody answers it, and no answering machine should.
            "Auto-Submitted: auto-generated",
            "Content-Type: multipart/alternative; boundary=\"\(boundary)\"",
        ]
        let parts = [("text/plain", mail.text), ("text/html", mail.html)].map { type, content in
            """
            --\(boundary)\r
            Content-Type: \(type); charset=utf-8\r
            Content-Transfer-Encoding: quoted-printable\r
            \r
            \(MailEncoding.quotedPrintable(content))\r

            """
        }
        let text = headers.joined(separator: "\r\n") + "\r\n\r\n" + parts.joined() + "--\(boundary)--\r\n"
        bytes = Array(text.utf8)
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension String {
    /// Without line ends and control characters, which would begin another header.
    fileprivate var oneLine: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    }
}

extension Timestamp {
    /// The moment as a header has it (RFC 5322, section 3.3): HTTP's form, but for the zone.
    var mailDate: String { httpDate.replacing("GMT", with: "+0000") }
}
