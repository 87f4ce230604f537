import Hummingbird
import HummingbirdTesting
import JSON
import Logging
import NIOCore
import Synchronization
import TesseraCore
import TesseraRuntime
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraWebhooks

/// An application that gets webhooks: a real server, which checks every signature as an application has to.
final class Receiver: Sendable {
    /// A message that came.
    struct Message: Sendable {
        let id: String
        let body: JSONObject
        let isSigned: Bool

        var type: String? { body["type"]?.string }
        var data: JSONObject? { body["data"]?.object }
    }

    /// What it answers.
    enum Answer: Sendable {
        case json(JSONObject)
        case text(String)
        case status(Int)
        case redirect(String)
        /// Nothing, until the test is over.
        case silence
    }

    static let secret = "a webhook secret of 32 bytes or more"

    private struct State {
        var answers: [Answer] = []
        var standard = Answer.status(204)
        var messages: [Message] = []
    }

    private let state = Mutex(State())
    private let gate = CallGate()
    private let signature: WebhookSignature
    private let clock: ManualClock

    private init(clock: ManualClock) throws {
        self.clock = clock
        let secret = try #require(Secret(Self.secret))
        signature = try #require(try WebhookSignature(secrets: [secret]))
    }

    var messages: [Message] { state.withLock { $0.messages } }

    /// What the next messages are answered, in order; afterwards, what every one is.
    func answer(_ answers: Answer..., then standard: Answer? = nil) {
        state.withLock { state in
            state.answers = answers
            if let standard { state.standard = standard }
        }
    }

    private func take(_ request: Request) async throws -> Response {
        let bytes = Array(try await request.body.collect(upTo: 1 << 20).readableBytesView)
        let headers = request.headers
        let id = headers[.init("webhook-id") ?? .from] ?? ""
        let seconds = Int64(headers[.init("webhook-timestamp") ?? .from] ?? "") ?? 0
        let signed = signature.verify(
            headers[.init("webhook-signature") ?? .from] ?? "", bytes, id: id, at: seconds, now: clock.now)
        let message = Message(id: id, body: try JSONObject(parsing: bytes), isSigned: signed)
        let answer = state.withLock { state in
            state.messages.append(message)
            return state.answers.isEmpty ? state.standard : state.answers.removeFirst()
        }
        switch answer {
        case .json(let object): return Self.response(.ok, object.serialized())
        case .text(let text): return Self.response(.ok, Array(text.utf8))
        case .status(let code): return Self.response(.init(code: code), [])
        case .redirect(let url):
            return Response(status: .temporaryRedirect, headers: [.location: url])
        case .silence:
            await gate.pass()
            return Self.response(.ok, [])
        }
    }

    private static func response(_ status: HTTPResponse.Status, _ bytes: [UInt8]) -> Response {
        Response(status: status, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// Runs a test with a receiver and webhooks that go there.
    static func with(
        _ outbox: any Outbox = InMemoryOutbox(), timeLimit: Duration = .seconds(10),
        _ body: @Sendable (Receiver, Webhooks, ManualClock) async throws -> Void
    ) async throws {
        let clock = ManualClock()
        let receiver = try Receiver(clock: clock)
        let router = Router()
        router.post("hook") { request, _ in try await receiver.take(request) }
        router.post("elsewhere") { request, _ in try await receiver.take(request) }
        try await Application(router: router).test(.live) { client in
            let port = try #require(client.port)
            let settings = WebhookSettings(
                url: "http://127.0.0.1:\(port)/hook", secrets: [try #require(Secret(secret))],
                questions: Set(WebhookSettings.Question.allCases), events: Set(WebhookSettings.Event.allCases),
                timeLimit: timeLimit)
            #expect(settings.problems.isEmpty)
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let webhooks = try Webhooks(
                settings, outbox: outbox, clock: clock.wallClock(), random: .seeded(1), logger: logger)
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(receiver, webhooks, clock))
            } catch {
                result = .failure(error)
            }
            receiver.gate.open()
            try result.get()
        }
    }
}
