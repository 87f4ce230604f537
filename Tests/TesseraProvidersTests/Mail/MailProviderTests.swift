import TesseraRuntime
import Testing

@testable import TesseraProviders

@Suite("Sign-in links through a service of the table", .timeLimit(.minutes(1)))
struct MailProviderTests {
    private static let mail = Mail(
        from: "no-reply@example.com", to: "ada@example.com", subject: "Sign in", text: "text", html: "<p>html</p>",
        url: "https://app.example/callback?token=x", host: "app.example", providerName: "Resend")

    private static func provider(port: Int) throws -> EmailProvider? {
        let settings = ProviderSettings("resend", parameters: ["apiKey": "key-0123", "from": "no-reply@example.com"])
        let signIn = try ConfiguredProvider(settings).signIn(http: RoutedHTTP(port: port))
        if case .email(let provider) = signIn { return provider }
        return nil
    }

    @Test("The provider sends from the configured sender, and its links work for a day")
    func sends() async throws {
        let seen = Shared<[SeenRequest]>([])
        try await withServer({ request in
            seen.change { $0.append(request) }
            return Canned(status: 200)
        }) { port in
            let provider = try #require(try Self.provider(port: port))
            #expect(provider.from == "no-reply@example.com")
            #expect(provider.maxAge == .seconds(86_400))
            try await provider.sender.send(Self.mail)
        }
        #expect(seen.value.count == 1)
        #expect(seen.value.first?.headers["authorization"] == "Bearer key-0123")
    }

    @Test("A service that refuses or cannot be reached is told as that, without the key", arguments: [401, 422, 500])
    func failures(status: Int) async throws {
        try await withServer({ _ in Canned(status: status) }) { port in
            let provider = try #require(try Self.provider(port: port))
            let error = await #expect(throws: MailError.self) { try await provider.sender.send(Self.mail) }
            #expect(error?.code == .refused)
            #expect(error?.message.contains("\(status)") == true)
            #expect(error?.message.contains("key-0123") == false)
        }
        let nowhere = try #require(try Self.provider(port: 1))
        let error = await #expect(throws: MailError.self) { try await nowhere.sender.send(Self.mail) }
        #expect(error?.code == .unreachable)
    }

    @Test("A sender and a server are demanded in words")
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
        #expect(problems("email", ["from": "a@b.c", "server": "http://x"]).contains { $0.contains("server: ") })
        #expect(problems("email", ["from": "a@b.c", "server": "smtp://localhost:25"]) == [])
        #expect(problems("nodemailer", ["from": "a@b.c", "server": "smtps://u:p@mail.example.com"]) == [])
    }
}
