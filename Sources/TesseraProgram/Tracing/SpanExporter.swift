import AsyncHTTPClient
import JSON
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Tracing

/// Sends ended spans to an OpenTelemetry collector, once a second, and what is left when the program stops.
///
/// What a collector does not take is lost: a trace is not worth a request's memory.
struct SpanExporter: Service, CustomStringConvertible {
    let buffer: SpanBuffer
    let document: TraceDocument
    /// Ends with `/v1/traces`.
    let url: String
    let logger: Logger

    private static let batchSize = 512
    private static let timeLimit = TimeAmount.seconds(3)

    /// Lives as long as the process; idle connections do not.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(2)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    var description: String { "SpanExporter" }

    func run() async throws {
        var isReachable = true
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            await cancelWhenGracefulShutdown { try? await Task.sleep(for: .seconds(1)) }
            isReachable = await sendAll(wasReachable: isReachable)
        }
        // Everybody else has stopped.
        _ = await sendAll(wasReachable: isReachable)
    }

    /// Sends what is there, a batch after the other. Whether that was taken.
    private func sendAll(wasReachable: Bool) async -> Bool {
        while true {
            let (spans, dropped) = buffer.take(Self.batchSize)
            if dropped > 0 { logger.warning("spans dropped", metadata: ["count": "\(dropped)"]) }
            if spans.isEmpty { return wasReachable }
            do {
                try await send(spans)
            } catch {
                // Once, and not every second for as long as the collector is away.
                if wasReachable { logger.warning("spans not taken", metadata: ["error": "\(error)", "url": "\(url)"]) }
                return false
            }
            if spans.count < Self.batchSize { return true }
        }
    }

    private func send(_ spans: [EndedSpan]) async throws {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers = ["Content-Type": "application/json", "User-Agent": "Tessera"]
        request.body = .bytes(ByteBuffer(bytes: document.body(spans).serialized()))
        var context = ServiceContext.topLevel
        // Otherwise there would be a span of every batch, and so a batch for ever.
        context.trace = TraceContext(trace: .init(high: 0, low: 1), span: 1, isSampled: false)
        let status = try await ServiceContext.withValue(context) {
            let response = try await Self.client.execute(request, deadline: .now() + Self.timeLimit)
            _ = try await response.body.collect(upTo: 1 << 16)
            return response.status.code
        }
        guard (200..<300).contains(status) else { throw NotTaken(status: status) }
    }

    private struct NotTaken: Error, CustomStringConvertible {
        let status: UInt

        var description: String { "the collector answered \(status)" }
    }
}
