import TesseraCore
import TesseraRuntime
import TesseraTokens
import Testing

@testable import TesseraMail

@Suite("Messages and servers' addresses")
struct MessageTests {
    private func mail(
        from: String = "a@b.c", to: String = "d@e.f", subject: String = "Hello", text: String = "text",
        html: String = "<p>html</p>"
    ) -> Mail {
        Mail(
            from: from, to: to, subject: subject, text: text, html: html, url: "https://x", host: "x",
            providerName: "Email")
    }

    private func message(_ mail: Mail) throws -> String {
        let message = try MailMessage(
            mail, at: Timestamp(seconds: 1_769_862_896), random: RandomBytes { [UInt8](repeating: 7, count: $0) })
        return String(decoding: message.bytes, as: UTF8.self)
    }

    @Test("A message is laid out as the standards say")
    func layout() throws {
        let text = try message(mail())
        #expect(text.contains("\r\nDate: Sat, 31 Jan 2026 12:34:56 +0000\r\n"))
        #expect(text.hasPrefix("From: a@b.c\r\nTo: d@e.f\r\nSubject: Hello\r\n"))
        #expect(text.components("\r\n").allSatisfy { !$0.contains("\n") && !$0.contains("\r") })
        #expect(text.hasSuffix("--\r\n"))
    }

    @Test("Nothing in a subject begins another header")
    func subject() throws {
        let text = try message(mail(subject: "a\r\nBcc: x@y.z\r\n\r\nbody"))
        #expect(text.contains("\r\nSubject: a  Bcc: x@y.z    body\r\n"))
        #expect(!text.contains("\r\nBcc"))
    }

    @Test(
        "An address that is none, or that would end the header or the command, is refused",
        arguments: [
            "", "a", "a@", "@b.c", "a@b@c.d", "a b@c.d", "a@b.c>\r\nBcc: x@y.z", "a@b.c\r\nDATA", "a@b.c\n", "a@b.c>",
            "<a@b.c", "x <a@b.c> y", "a@b.c,d@e.f", "\u{0}a@b.c", "a@b.c\u{85}",
        ])
    func hostileAddresses(text: String) {
        #expect(throws: MailError.self) { _ = try message(mail(to: text)) }
        #expect(throws: MailError.self) { _ = try message(mail(from: "Name <\(text)>")) }
    }

    @Test("Names are quoted, or encoded where they are not plain")
    func names() throws {
        #expect(try Mailbox("Ada <a@b.c>").header == "\"Ada\" <a@b.c>")
        #expect(try Mailbox("\"Ada, Countess\" <a@b.c>").header == "\"Ada, Countess\" <a@b.c>")
        #expect(try Mailbox("A \"B\" C <a@b.c>").header == "\"A \\\"B\\\" C\" <a@b.c>")
        #expect(try Mailbox("Ädä <a@b.c>").header == "=?UTF-8?B?w4Rkw6Q=?= <a@b.c>")
        #expect(try Mailbox("a@b.c").header == "a@b.c")
    }

    @Test("Long text beyond ASCII is cut into words of whole characters")
    func encodedWords() {
        let text = String(repeating: "日本語", count: 20)
        let words = EncodedWord.encode(text).components("\r\n ")
        #expect(words.count > 1)
        #expect(words.allSatisfy { $0.utf8.count <= 75 && $0.hasPrefix("=?UTF-8?B?") && $0.hasSuffix("?=") })
        #expect(EncodedWord.encode("plain") == "plain")
        #expect(EncodedWord.encode("=?x?=") != "=?x?=")
    }

    @Test("Base64 as RFC 4648, section 10, has it")
    func base64() {
        let vectors = [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ]
        for (plain, encoded) in vectors { #expect(MailEncoding.base64(Array(plain.utf8)) == encoded) }
    }

    @Test("Quoted-printable keeps lines short and loses nothing")
    func quotedPrintable() {
        #expect(MailEncoding.quotedPrintable("a=b") == "a=3Db")
        #expect(MailEncoding.quotedPrintable("é") == "=C3=A9")
        #expect(MailEncoding.quotedPrintable("a \nb\r\nc\rd\t") == "a=20\r\nb\r\nc\r\nd=09")
        let long = MailEncoding.quotedPrintable(String(repeating: "x", count: 200))
        #expect(long.components("\r\n").allSatisfy { $0.utf8.count <= 76 })
        #expect(long.components("=\r\n").joined() == String(repeating: "x", count: 200))
    }

    @Test("A server's address says how to talk to it")
    func servers() throws {
        let plain = try SMTPServer("smtp://us%40er:p%3Aw%2F@mail.example.com")
        #expect(plain.host == "mail.example.com")
        #expect(plain.port == 587)
        #expect(plain.security == .startTLS)
        #expect(plain.user == "us@er")
        #expect(plain.password == "p:w/")
        #expect(try SMTPServer("smtps://a:b@mail.example.com/").port == 465)
        #expect(try SMTPServer("smtps://a:b@mail.example.com:1465").security == .implicitTLS)
        #expect(try SMTPServer("smtp://localhost:1025").security == .none)
        #expect(try SMTPServer("smtp://a:b@localhost").security == .startTLS)
        #expect(try SMTPServer("smtp://a:b@localhost?tls=none").security == .none)
        #expect(try SMTPServer("smtp://[::1]:25").host == "[::1]")
        #expect(try SMTPServer("smtp://mail.example.com?ca=/etc/ca%20x.pem").certificates == "/etc/ca x.pem")
    }

    @Test(
        "An address that is none is refused, without its password in the message",
        arguments: [
            "", "mail.example.com", "http://x", "smtp://", "smtp://sesam@host", "smtp://u:sesam@", "smtp://u:sesam@h:0",
            "smtp://u:sesam@h:x", "smtp://u:sesam@h?tls=none", "smtp://u:sesam@h?x=y", "smtps://u:sesam@h?tls=starttls",
            "smtp://u:sesam%zz@h", "smtp://u:sesam@h/../x y", "smtp://u:sesam%0Ax@h", "smtp://u:sesam@h h",
        ])
    func badServers(text: String) {
        do {
            let server = try SMTPServer(text)
            Issue.record("accepted: \(server)")
        } catch {
            #expect(error.code == .invalid)
            #expect(!error.message.contains("sesam"))
        }
    }

    @Test("A server prints without its password")
    func printing() throws {
        let server = try SMTPServer("smtp://user:sesam@mail.example.com")
        #expect("\(server)" == "mail.example.com:587")
        #expect(!String(reflecting: server).contains("sesam"))
        var dumped = ""
        dump(server, to: &dumped)
        #expect(!dumped.contains("sesam"))
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
