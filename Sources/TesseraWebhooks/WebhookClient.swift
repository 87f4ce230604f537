import AsyncHTTPClient
import Foundation
import JSON
import NIOCore
import NIOHTTP1
import TesseraCore
import TesseraRuntime
import TesseraTokens

/// Posts signed messages to the application, and reads its answers.
struct WebhookClient: Sendable {
    private let settings: WebhookSettings
    private let signature: WebhookSignature
    private let clock: WallClock
    private let random: RandomBytes

    /// The most bytes of an answer.
    private static let answerLimit = 1 << 18

    init(_ settings: WebhookSettings, _ signature: WebhookSignature, clock: WallClock, random: RandomBytes) {
        self.settings = settings
        self.signature = signature
        self.clock = clock
        self.random = random
    }

    /// Lives as long as the process; idle connections do not. A redirect would carry what is signed to somewhere else.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(3)
        configuration.decompression = .disabled
        configuration.connectionPool.idleTimeout = .seconds(20)
        // Every sign-in may ask; whoever waits for a connection loses his time for the answer.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// A new message's id: 128 random bits.
    func newID() -> String {
        "msg_" + random.bytes(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Asks a question, and returns the answer.
    func ask(_ question: WebhookSettings.Question, _ data: JSONObject) async throws -> JSONObject {
        let body = message(question.rawValue, data)
        let answer = try await post(body, id: newID())
        do {
            return try JSONObject(parsing: answer)
        } catch {
            throw WebhookError(.malformed, "the answer to \(question.rawValue) is no JSON object")
        }
    }

    /// The bytes of a message.
    func message(_ type: String, _ data: JSONObject) -> [UInt8] {
        let object: JSONObject = [
            "type": .string(type), "timestamp": .string(clock.now().iso8601), "data": .object(data),
        ]
        return object.serialized()
    }

    /// Posts a message, signed for this moment. Ends within the time limit. Returns the body of a 2xx answer.
    @discardableResult
    func post(_ body: [UInt8], id: String) async throws -> [UInt8] {
        let seconds = clock.now().seconds
        var request = HTTPClientRequest(url: settings.url)
        request.method = .POST
        request.headers = [
            "Content-Type": "application/json", "Accept": "application/json", "User-Agent": "Tessera",
            "webhook-id": id, "webhook-timestamp": "\(seconds)",
            "webhook-signature": try signature.sign(body, id: id, at: seconds),
        ]
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
            let deadline = NIODeadline.now() + .milliseconds(settings.timeLimit.milliseconds)
            let response = try await Self.client.execute(request, deadline: deadline)
            guard (200..<300).contains(response.status.code) else {
                throw WebhookError(.refused, "the application answered \(response.status.code)")
            }
            return Array(try await response.body.collect(upTo: Self.answerLimit).readableBytesView)
        } catch let error as WebhookError {
            throw error
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
            throw WebhookError(.timeout, "the application did not answer within \(settings.timeLimit)")
        } catch is NIOTooManyBytesError {
            throw WebhookError(.malformed, "the answer is larger than \(Self.answerLimit) bytes")
        } catch {
            throw WebhookError(.unreachable, "the application cannot be reached: \(type(of: error))")
        }
    }
}
