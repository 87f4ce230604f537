import Hummingbird
import HummingbirdTesting
import JSON
import NIOCore
import RedisServers
import Synchronization
import Testing
import Tracing

@testable import TesseraProgram

@Suite("Traces", .timeLimit(.minutes(2)))
struct TracingTests {
    /// A span as a collector gets it.
    private struct Received: Sendable {
        let object: JSONObject
        var name: String { object["name"]?.string ?? "" }
        var trace: String { object["traceId"]?.string ?? "" }
        var id: String { object["spanId"]?.string ?? "" }
        var parent: String? { object["parentSpanId"]?.string }
    }

    /// Runs a test with a collector.
    private static func withCollector(
        _ body: @Sendable (_ port: Int, _ received: @escaping @Sendable () -> [Received]) async throws -> Void
    ) async throws {
        let spans = Mutex<[Received]>([])
        let router = Router()
        router.post("v1/traces") { request, _ in
            let bytes = try await request.body.collect(upTo: 1 << 22)
            let document = try JSONObject(parsing: Array(bytes.readableBytesView))
            for resource in document["resourceSpans"]?.array ?? [] {
                for scope in resource.object?["scopeSpans"]?.array ?? [] {
                    let more = scope.object?["spans"]?.array?.compactMap(\.object).map { Received(object: $0) } ?? []
                    spans.withLock { $0 += more }
                }
            }
            return Response(status: .ok)
        }
        try await Application(router: router).test(.live) { client in
            try await body(client.port ?? 0) { spans.withLock { $0 } }
        }
    }

    @Test("A request is one trace, from its sender's span to the command of Redis; nothing secret is in it")
    func wholeWay() async throws {
        let folder = try TemporaryFolder()
        try await RedisServer.with { server in
            try await Self.withCollector { port, received in
                let node = try await Node(
                    folder: folder, store: server.url,
                    environment: ["TESSERA_TRACING_ENDPOINT": "http://127.0.0.1:\(port)/"])
                let alice = Visitor(node.url)
                try await eventually("ready") { try await alice.status("/health/ready") == 200 }
                try await alice.signIn("alice", "wonderland")
                let token = String(try #require(await alice.token).suffix(20))
                let sender = TraceContext(
                    trace: TraceContext.TraceID(high: 0xa, low: 0xb), span: 0xc, isSampled: true)
                #expect(try await alice.signOut(traceparent: sender.traceparent) == 200)
                // Stopping sends what is left.
                #expect(await node.stop().code == 0)
                let spans = received()
                #expect(!spans.contains { $0.name == "POST" }, "sending spans makes none")
                let mine = spans.filter { $0.trace == sender.trace.text }
                let request = try #require(mine.first { $0.name == "auth sign_out" })
                #expect(request.parent == "000000000000000c" && request.object["kind"] == 2)
                let names = ["auth sign_out", "user end", "store commit"]
                for (outer, inner) in zip(names, names.dropFirst()) {
                    let parent = try #require(mine.first { $0.name == outer })
                    #expect(mine.contains { $0.name == inner && $0.parent == parent.id }, "\(inner) in \(outer)")
                }
                let store = try #require(mine.first { $0.name == "store commit" })
                #expect(mine.contains { $0.parent == store.id && $0.object["kind"] == 3 }, "a command of Redis")
                for span in spans {
                    let start = UInt64(span.object["startTimeUnixNano"]?.string ?? "") ?? 0
                    let end = UInt64(span.object["endTimeUnixNano"]?.string ?? "") ?? 0
                    #expect(start > 1_700_000_000_000_000_000 && end >= start)
                    let text = String(decoding: span.object.serialized(), as: UTF8.self)
                    for secret in ["alice", "wonderland", token] { #expect(!text.contains(secret)) }
                }
            }
        }
    }

    @Test("A sender's header is read as the standard has it")
    func header() {
        let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        #expect(TraceContext(traceparent: valid)?.traceparent == valid)
        #expect(TraceContext(traceparent: valid.dropLast(2) + "00")?.isSampled == false)
        #expect(TraceContext(traceparent: "cc" + valid.dropFirst(2) + "-what-comes") != nil)
        for text in [
            "", "00", valid + "-more", valid.uppercased(), "ff" + valid.dropFirst(2), String(valid.dropLast()),
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
            "00-0af7651916cd43dd8448eb211c80319+-b7ad6b7169203331-01",
        ] {
            #expect(TraceContext(traceparent: text) == nil, "\(text)")
        }
    }

    @Test("What is not sampled is not kept, what does not fit is counted, and a span ends once")
    func buffer() {
        let buffer = SpanBuffer(limit: 3)
        let tracer = ExportingTracer(buffer: buffer, percent: 100)
        for number in 0..<5 { tracer.startSpan("\(number)", context: .topLevel).end() }
        let (spans, dropped) = buffer.take(2)
        #expect(spans.map(\.name) == ["0", "1"] && dropped == 2)
        #expect(buffer.take(9).spans.map(\.name) == ["2"])
        ExportingTracer(buffer: buffer, percent: 0).startSpan("none", context: .topLevel).end()
        let telling = tracer.startSpan("GET", context: .topLevel)
        telling.attributes["url.full"] = "https://provider.example/me?access_token=secret"
        telling.attributes["http.request.method"] = "GET"
        telling.end()
        var names: [String] = []
        buffer.take(1).spans.first?.attributes.forEach { name, _ in names.append(name) }
        #expect(names == ["http.request.method"], "no address, which may hold a token")
        var context = ServiceContext.topLevel
        context.trace = TraceContext(trace: .init(high: 1, low: 2), span: 3, isSampled: false)
        tracer.startSpan("unwanted", context: context).end()
        let span = tracer.startSpan("one", context: .topLevel)
        span.end()
        span.operationName = "late"
        span.end()
        #expect(buffer.take(9).spans.map(\.name) == ["one"])
    }

    @Test("A collector that is no URL is a problem in words", arguments: ["localhost:4318", "ftp://a", "http://", "x"])
    func settings(text: String) {
        let settings = ServeSettings(
            flags: [:], environment: ["TESSERA_TRACING_ENDPOINT": text], configPath: nil, isDemo: true)
        #expect(settings.problems == ["TESSERA_TRACING_ENDPOINT (tracing.endpoint): \"\(text)\" is not an http(s) URL"])
    }
}
