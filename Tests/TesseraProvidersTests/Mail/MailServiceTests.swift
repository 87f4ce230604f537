import JSON
import TesseraCore
import TesseraRuntime
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraProviders

/// Every e-mail service of the table, sent through at a local server.
@Suite("Every e-mail service of the table", .timeLimit(.minutes(2)))
struct MailServiceTests {
    private static let mail = Mail(
        from: "Example <no-reply@mg.example.com>", to: "ada@example.com", subject: "Sign in to {host}",
        text: "Text {to} \"quoted\"\n", html: "<p>{html}</p>", url: "https://app.example/callback?token=x&email=y",
        host: "app.example", providerName: "Mail service")

    private static func services() throws -> [String] {
        try ProviderTable.ids().filter { id in
            guard let facts = try ProviderTable.facts(of: id) else { return false }
            return try FactsVersion.recommended.entry(facts, parameters: [:]).email?.transport == .http
        }
    }

    private static func sender(_ id: String, port: Int, region: String? = nil) throws -> any MailSender {
        var parameters = ["apiKey": "key-0123", "from": "no-reply@mg.example.com"]
        if id == "loops" { parameters["transactionalId"] = "template-7" }
        parameters["region"] = region
        let configured = try ConfiguredProvider(ProviderSettings(id, parameters: parameters))
        guard case .email(let provider) = try configured.signIn(http: RoutedHTTP(port: port)) else {
            throw ProvidersError(.facts, "not an e-mail provider")
        }
        #expect(provider.from == "no-reply@mg.example.com")
        #expect(provider.maxAge == .seconds(86_400))
        return provider.sender
    }

    @Test("gets one request with the key and everything of the message, whatever that looks like")
    func sends() async throws {
        let ids = try Self.services()
        #expect(ids == ["forwardemail", "loops", "mailgun", "postmark", "resend", "sendgrid"])
        for id in ids {
            let seen = Shared<[SeenRequest]>([])
            try await withServer({ request in
                seen.change { $0.append(request) }
                return .json(["id": "1"])
            }) { port in
                try await Self.sender(id, port: port).send(Self.mail)
            }
            let request = try #require(seen.value.first)
            #expect(seen.value.count == 1)
            #expect(request.method == "POST")
            let body = String(decoding: request.body, as: UTF8.self)
            let key = [
                request.headers["authorization"]?.contains("key-0123"), request.basic?.contains("key-0123"),
                request.headers["x-postmark-server-token"]?.contains("key-0123"),
            ]
            #expect(key.contains(true), "\(id)")
            #expect(!body.contains("key-0123"), "\(id)")
            if id == "mailgun" {
                #expect(request.path == "/api.mailgun.net/v3/mg.example.com/messages")
                #expect(request.headers["content-type"]?.hasPrefix("multipart/form-data; boundary=tessera-") == true)
                #expect(body.contains("name=\"html\"\r\n\r\n<p>{html}</p>\r\n"))
                continue
            }
            #expect(request.headers["content-type"] == "application/json", "\(id)")
            let texts = Self.texts(.object(try JSONObject(parsing: request.body)))
            #expect(texts.contains("ada@example.com"), "\(id)")
            if id == "loops" {
                #expect(texts.contains(Self.mail.url) && texts.contains("template-7"))
            } else {
                // What looks like a placeholder in a value stays as it is.
                for text in [Self.mail.subject, Self.mail.text, Self.mail.html] {
                    #expect(texts.contains(text), "\(id): \(text)")
                }
            }
        }
    }

    private static func texts(_ value: JSONValue) -> [String] {
        switch value {
        case .string(let text): [text]
        case .array(let elements): elements.flatMap { texts($0) }
        case .object(let object): object.members.flatMap { texts($0.value) }
        case .null, .bool, .integer, .number: []
        }
    }

    @Test("Mailgun in the European region is asked there")
    func region() async throws {
        let paths = Shared<[String]>([])
        try await withServer({ request in
            paths.change { $0.append(request.path) }
            return .json([:])
        }) { port in
            try await Self.sender("mailgun", port: port, region: "EU").send(Self.mail)
        }
        #expect(paths.value == ["/api.eu.mailgun.net/v3/mg.example.com/messages"])
    }

    @Test(
        "A service that refuses, fails or redirects is told as that, without the key",
        arguments: [
            (401, MailError.Code.notAuthorized), (422, .refused), (500, .failed), (307, .unreachable),
        ])
    func failures(status: Int, code: MailError.Code) async throws {
        try await withServer({ _ in
            status == 307
                ? .redirect("https://elsewhere.example")
                : .json(["message": "The sender is not verified\u{7}"], status: status)
        }) { port in
            do {
                try await Self.sender("resend", port: port).send(Self.mail)
                Issue.record("sent")
            } catch let error as MailError {
                #expect(error.code == code)
                #expect(!error.message.contains("key-0123"))
                #expect(status == 307 || error.message.contains("The sender is not verified"))
            }
        }
    }

    @Test("A service that cannot be reached is told as that")
    func unreachable() async throws {
        await #expect(throws: MailError.self) {
            try await Self.sender("resend", port: 1).send(Self.mail)
        }
    }

    @Test("A sender, a key and a server are demanded in words")
    func missing() throws {
        func problems(_ id: String, _ parameters: [String: String]) -> [String] {
            do {
                _ = try SignInProvider.known(ProviderSettings(id, parameters: parameters))
                return []
            } catch {
                return error.problems
            }
        }
        #expect(problems("resend", ["apiKey": "x"]).contains { $0.contains("from is missing") })
        #expect(problems("resend", ["from": "a@b.c"]).contains { $0.contains("apiKey is missing") })
        #expect(problems("email", ["from": "a@b.c", "server": "http://x"]).contains { $0.contains("server: ") })
        #expect(problems("email", ["from": "a@b.c", "server": "smtp://localhost:25"]) == [])
        #expect(problems("nodemailer", ["from": "a@b.c", "server": "smtps://u:p@mail.example.com"]) == [])
    }
}
