import JSON
import Logging
import TesseraCore
import TesseraRuntime
import TesseraTokens
import Testing

@testable import TesseraWebhooks

@Suite("Questions to an application")
struct QuestionTests {
    private static let user = UserProfile(id: "ada", name: "Ada", email: "ada@example.com")
    private static let attempt = SignInAttempt(
        user: user,
        account: Account(
            provider: "github", type: .oauth, providerAccountID: "1", tokens: ["access_token": "geheim"]),
        profile: ["login": "ada"])

    private static func failure(_ body: () async throws -> Void) async -> WebhookError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? WebhookError)?.code
        }
    }

    @Test("authorize: a user, wrong credentials, or a message; the message is signed and carries the fields only")
    func authorize() async throws {
        try await Receiver.with { receiver, webhooks, _ in
            guard case .credentials(let provider) = webhooks.credentials() else { throw WebhookError(.refused, "") }
            let body: JSONObject = ["username": "ada", "password": "x", "csrfToken": "t", "json": "true"]
            let request = SignInRequest(
                method: "POST", headers: ["cookie": "geheim"], query: [:], body: body,
                origin: RequestOrigin(userAgent: "Firefox", address: "192.0.2.1"))
            let credentials = Credentials(body: body)
            receiver.answer(
                .json(["user": ["id": "ada", "name": "Ada", "role": "admin"]]), .json(["user": nil]),
                .json(["error": "Locked"]), .json([:]), .json(["user": ["name": "nobody"]]))
            let known = try await provider.authorize(credentials, request)
            #expect(known == UserProfile(id: "ada", name: "Ada", attributes: ["role": "admin"]))
            #expect(try await provider.authorize(credentials, request) == nil)
            await #expect(throws: SignInRejection("Locked")) {
                _ = try await provider.authorize(credentials, request)
            }
            for _ in 0..<2 {
                let code = await Self.failure { _ = try await provider.authorize(credentials, request) }
                #expect(code == .malformed)
            }
            let message = try #require(receiver.messages.first)
            #expect(message.isSigned)
            #expect(message.type == "authorize")
            #expect(
                message.data == [
                    "provider": "credentials", "credentials": ["username": "ada", "password": "x"],
                    "address": "192.0.2.1", "userAgent": "Firefox",
                ])
            #expect(Set(receiver.messages.map(\.id)).count == 5)
        }
    }

    @Test("signIn: yes, no, elsewhere or a message; anything else is an error and never a yes; no provider's tokens")
    func signIn() async throws {
        try await Receiver.with { receiver, webhooks, _ in
            let ask = try #require(webhooks.callbacks().signIn)
            receiver.answer(
                .json(["allow": true]), .json(["allow": false]), .json(["redirect": "/wait"]),
                .json(["error": "No"]))
            #expect(try await ask(Self.attempt) == .allow)
            #expect(try await ask(Self.attempt) == .deny)
            #expect(try await ask(Self.attempt) == .redirect("/wait"))
            await #expect(throws: SignInRejection("No")) { _ = try await ask(Self.attempt) }
            let nonsense: [Receiver.Answer] = [
                .json([:]), .json(["allow": "true"]), .json(["allow": 1]), .text("yes"), .text(""), .status(204),
            ]
            for answer in nonsense {
                receiver.answer(answer)
                #expect(await Self.failure { _ = try await ask(Self.attempt) } == .malformed)
            }
            let data = try #require(receiver.messages.first?.data)
            #expect(!JSONValue.object(data).description.contains("geheim"))
            #expect(data["account"] == ["provider": "github", "type": "oauth", "providerAccountId": "1"])
            #expect(!receiver.messages.contains { !$0.isSigned })
        }
    }

    @Test("jwt, session and redirect: what the application says is what counts; null ends the session")
    func others() async throws {
        try await Receiver.with { receiver, webhooks, _ in
            let callbacks = webhooks.callbacks()
            let jwt = try #require(callbacks.jwt)
            let request = JWTRequest(token: ["sub": "ada"], user: Self.user, trigger: .signIn)
            receiver.answer(.json(["token": ["sub": "ada", "role": "admin"]]), .json(["token": nil]), .json([:]))
            #expect(try await jwt(request) == ["sub": "ada", "role": "admin"])
            #expect(try await jwt(request) == nil)
            #expect(await Self.failure { _ = try await jwt(request) } == .malformed)
            #expect(receiver.messages.first?.data?["trigger"] == "signIn")
            let redirect = try #require(callbacks.redirect)
            receiver.answer(.json(["url": "https://example.com/x"]), .json(["url": 1]))
            let question = RedirectRequest(url: "/x", baseURL: "https://example.com")
            #expect(try await redirect(question) == "https://example.com/x")
            #expect(await Self.failure { _ = try await redirect(question) } == .malformed)
        }
    }

    @Test("An application that fails, is silent, redirects, or talks too much is an error in time")
    func failures() async throws {
        try await Receiver.with(timeLimit: .milliseconds(700)) { receiver, webhooks, _ in
            let ask = try #require(webhooks.callbacks().signIn)
            let cases: [(Receiver.Answer, WebhookError.Code)] = [
                (.status(500), .refused), (.status(404), .refused), (.redirect("/elsewhere"), .refused),
                (.text(String(repeating: "x", count: 1 << 19)), .malformed), (.silence, .timeout),
            ]
            for (answer, code) in cases {
                receiver.answer(answer)
                #expect(await Self.failure { _ = try await ask(Self.attempt) } == code)
            }
            // Nothing was sent on to where it was redirected.
            #expect(receiver.messages.count == cases.count)
        }
    }

    @Test("Only what is configured is asked")
    func selection() async throws {
        let secret = try #require(Secret(Receiver.secret))
        let settings = WebhookSettings(
            url: "https://example.com", secrets: [secret], questions: [.jwt])
        let callbacks = try Webhooks(settings, outbox: nil, logger: .init(label: "test")).callbacks()
        #expect(callbacks.jwt != nil)
        #expect(callbacks.signIn == nil && callbacks.session == nil && callbacks.redirect == nil)
    }

    @Test("Questions need no outbox; events without one are refused, and not lost")
    func withoutOutbox() async throws {
        let secret = try #require(Secret(Receiver.secret))
        var settings = WebhookSettings(url: "https://example.com", secrets: [secret], questions: [.jwt])
        let webhooks = try Webhooks(settings, outbox: nil, logger: .init(label: "test"))
        #expect(webhooks.callbacks().jwt != nil)
        #expect(await webhooks.deliverDue() == 0)
        settings.events = [.signOut]
        #expect(throws: WebhookError.self) { try Webhooks(settings, outbox: nil, logger: .init(label: "test")) }
    }
}
