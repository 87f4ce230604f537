import Foundation
import JSON
import TesseraMail
import TesseraRuntime
import Testing

@Suite("SMTP, with a real server", .serialized)
struct SMTPTests {
    private static func mail(to recipient: String = "ada@example.com") -> Mail {
        Mail(
            from: "Beispiel & Söhne <no-reply@example.com>", to: recipient, subject: "Anmelden bei exämple.com",
            text: "Anmelden\nhttps://example.com/?a=b&token=\(String(repeating: "x", count: 200))\n\n.\n= Ende ",
            html: "<p>Grüße<br>\n<a href=\"https://example.com/?a=b&amp;c=d\">Anmelden</a></p>",
            url: "https://example.com/?a=b", host: "example.com", providerName: "Email")
    }

    private static func sender(
        _ server: MailServer, user: String = "mailer:geheim%20%C3%BC@", scheme: String = "smtp",
        host: String = "localhost",
        query: String? = nil, timeLimit: Duration = .seconds(20)
    ) throws -> SMTPSender {
        let query = query ?? "?tls=starttls&ca=\(server.certificate)"
        return try SMTPSender(
            SMTPServer("\(scheme)://\(user)\(host):\(server.port)\(query)"), threads: 2, timeLimit: timeLimit)
    }

    private static func failure(_ body: () async throws -> Void) async -> MailError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? MailError
        }
    }

    @Test("A message passes STARTTLS and AUTH, and arrives as it was written")
    func arrives() async throws {
        try await MailServer.with(.starttls, .required) { server in
            let mail = Self.mail()
            try await Self.sender(server).send(mail)
            let taken = try #require(try server.message())
            #expect(taken["from"] == "no-reply@example.com")
            #expect(taken["to"] == ["ada@example.com"])
            #expect(taken["tls"] == true)
            #expect(taken["authenticated"] == true)
            #expect(taken["defects"] == [])
            let headers = try #require(taken["headers"]?.object)
            #expect(headers["From"]?.string == "Beispiel & Söhne <no-reply@example.com>")
            #expect(headers["To"] == "ada@example.com")
            #expect(headers["Subject"]?.string == mail.subject)
            #expect(headers["Message-ID"]?.string?.hasSuffix("@example.com>") == true)
            #expect(headers["Date"]?.string?.hasSuffix("+0000") == true)
            #expect(headers["Auto-Submitted"] == "auto-generated")
            #expect(taken["text"]?.string?.trimmed == mail.text.trimmed)
            #expect(taken["html"]?.string?.trimmed == mail.html.trimmed)
            #expect((taken["longest"]?.integer ?? 1000) <= 100)
        }
    }

    @Test("TLS from the first byte works the same")
    func implicit() async throws {
        try await MailServer.with(.implicit, .required) { server in
            let sender = try Self.sender(server, scheme: "smtps", query: "?ca=\(server.certificate)")
            try await sender.send(Self.mail())
            #expect(try server.message()?["authenticated"] == true)
        }
    }

    @Test("A server on this machine needs neither TLS nor user")
    func local() async throws {
        try await MailServer.with(.none, .off) { server in
            try await Self.sender(server, user: "", query: "").send(Self.mail())
            #expect(try server.message()?["tls"] == false)
        }
    }

    @Test("Several messages share a connection, and several threads send at once")
    func several() async throws {
        try await MailServer.with(.starttls, .required) { server in
            let sender = try Self.sender(server)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask { try await sender.send(Self.mail(to: "u\(number)@example.com")) }
                }
                try await group.waitForAll()
            }
            var peers: Set<String> = []
            for _ in 0..<20 { peers.insert(try #require(try server.message()?["peer"]?.string)) }
            #expect((1...2).contains(peers.count))
        }
    }

    @Test("A server without STARTTLS gets neither the password nor the message")
    func noSTARTTLS() async throws {
        try await MailServer.with(.none, .optional) { server in
            let failure = await Self.failure { try await Self.sender(server).send(Self.mail()) }
            #expect(failure?.code == .tlsFailed)
            #expect(failure?.message.contains("offers no STARTTLS") == true)
        }
    }

    @Test("A certificate that nobody vouches for is refused, and so is one for another name")
    func certificate() async throws {
        try await MailServer.with(.starttls, .required) { server in
            let unknown = await Self.failure {
                try await Self.sender(server, query: "?tls=starttls").send(Self.mail())
            }
            #expect(unknown?.code == .tlsFailed)
            // The certificate names localhost and 127.0.0.1, and this is neither.
            let other = await Self.failure {
                try await Self.sender(server, host: "127.0.0.2").send(Self.mail())
            }
            #expect(other?.code == .tlsFailed || other?.code == .unreachable)
        }
    }

    @Test("A wrong password is told as such, and is not in the message")
    func wrongPassword() async throws {
        try await MailServer.with(.starttls, .required) { server in
            let failure = await Self.failure {
                try await Self.sender(server, user: "mailer:falsch@").send(Self.mail())
            }
            #expect(failure?.code == .notAuthorized)
            #expect(failure?.message.contains("falsch") == false)
        }
    }

    @Test("Without a user a server that wants one refuses, and says so")
    func userMissing() async throws {
        try await MailServer.with(.starttls, .required) { server in
            let failure = await Self.failure { try await Self.sender(server, user: "").send(Self.mail()) }
            #expect(failure?.code == .refused)
            #expect(failure?.message.contains("530") == true)
        }
    }

    @Test(
        "What the server refuses is told in its words",
        arguments: [
            ("refused", "550 5.1.1 nobody of that name"), ("later", "451 4.7.1 try again later"),
            ("full", "552 5.2.2 mailbox full"),
        ])
    func refusals(recipient: String, words: String) async throws {
        try await MailServer.with(.starttls, .required) { server in
            let sender = try Self.sender(server)
            let failure = await Self.failure { try await sender.send(Self.mail(to: "\(recipient)@example.com")) }
            #expect(failure?.code == .refused)
            #expect(failure?.message.contains(words) == true)
            // The next message is taken all the same.
            try await sender.send(Self.mail())
            #expect(try server.message()?["to"] == ["ada@example.com"])
        }
    }

    @Test("A server that falls silent, or goes away, fails in time")
    func silent() async throws {
        try await MailServer.with(.starttls, .required) { server in
            let sender = try Self.sender(server, timeLimit: .milliseconds(1500))
            let start = ContinuousClock.now
            let silent = await Self.failure { try await sender.send(Self.mail(to: "silent@example.com")) }
            #expect(silent?.code == .timeout)
            #expect(ContinuousClock.now - start < .seconds(15))
            let gone = await Self.failure { try await sender.send(Self.mail(to: "gone@example.com")) }
            #expect(gone?.code == .failed || gone?.code == .timeout || gone?.code == .refused)
            try await sender.send(Self.mail())
        }
    }

    @Test("Where nobody listens, or the host is not known, that is said")
    func unreachable() async throws {
        let refused = await Self.failure {
            try await SMTPSender(SMTPServer("smtp://127.0.0.1:1")).send(Self.mail())
        }
        #expect(refused?.code == .unreachable)
        let unknown = await Self.failure {
            try await SMTPSender(SMTPServer("smtp://a:b@mail.invalid")).send(Self.mail())
        }
        #expect(unknown?.code == .unreachable)
        #expect(unknown?.message.contains("mail.invalid") == true)
    }

    @Test("Too many waiting messages are refused, not piled up")
    func overloaded() async throws {
        try await MailServer.with(.starttls, .required) { server in
            let sender = try SMTPSender(
                SMTPServer("smtp://mailer:geheim%20%C3%BC@localhost:\(server.port)?ca=\(server.certificate)"),
                threads: 1, queueLimit: 1, timeLimit: .seconds(2))
            let codes = await withTaskGroup(of: MailError.Code?.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        await Self.failure { try await sender.send(Self.mail(to: "silent@example.com")) }?.code
                    }
                }
                return await group.reduce(into: [MailError.Code?]()) { $0.append($1) }
            }
            #expect(codes.filter { $0 == .overloaded }.count == 4)
            #expect(codes.filter { $0 == .timeout }.count == 2)
        }
    }
}

extension String {
    /// The lines, whatever ends them.
    fileprivate var trimmed: String {
        replacingOccurrences(of: "\r\n", with: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
