import Hummingbird
import Logging
import NIOCore
import Tessera
import TesseraHTTP
import TesseraTestKit
import Testing

@Suite("The program's listener, live", .timeLimit(.minutes(1)))
struct ListenerTests {
    /// Runs a test against the program's public listener on a free port.
    private func withListener(
        connections: Int = 100, idle: TimeAmount = .seconds(75), body: TimeAmount = .seconds(30),
        write: TimeAmount = .seconds(30), _ test: @Sendable (Int) async throws -> Void
    ) async throws {
        try await withSite { site in
            try await withListener(
                PublicResponder(api: site.tessera.api, demoLogins: nil), connections: connections, idle: idle,
                body: body, write: write, test)
        }
    }

    /// The same with what answers.
    private func withListener<Responder: HTTPResponder>(
        _ responder: Responder, connections: Int = 100, idle: TimeAmount = .seconds(75),
        body: TimeAmount = .seconds(30), write: TimeAmount = .seconds(30), _ test: @Sendable (Int) async throws -> Void
    ) async throws where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
        let (ports, announcement) = AsyncStream.makeStream(of: Int.self)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let application = HTTPListener.application(
            responder, host: "127.0.0.1", port: 0, maximumConnections: connections, logger: logger, idle: idle,
            body: body, write: write, onListening: { announcement.yield($0) })
        try await running(application, logger: logger) { try await test(#require(await ports.first { _ in true })) }
    }

    private static let get = "GET /api/auth/csrf HTTP/1.1\r\nHost: localhost\r\n"

    @Test("It answers the API, health and what is not there; HEAD has no body, and the connection goes on")
    func answers() async throws {
        try await withListener { port in
            let client = try await RawClient.connect(port: port)
            try await client.send("HEAD /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await client.waits(for: "\r\n\r\n"))
            #expect(!client.received.contains("status"))
            try await client.send("HEAD /api/auth/csrf HTTP/1.1\r\nHost: a\r\n\r\n\(Self.get)\r\n")
            #expect(await client.waits(for: "csrfToken"))
            try await client.send("HEAD /nothing HTTP/1.1\r\nHost: a\r\n\r\nGET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await client.waits(for: "not_found"))
            #expect(
                client.received.split(separator: "HTTP/1.1 ").map { $0.prefix(3) } == [
                    "200", "400", "200", "404", "404",
                ])
            try await client.close()
        }
    }

    @Test("A request is answered on the event loop of its connection, actors that it asks included")
    func eventLoop() async throws {
        try await withListener(LoopResponder()) { port in
            let client = try await RawClient.connect(port: port)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await client.waits(for: "on its loop: true true"))
            try await client.close()
        }
    }

    @Test("204 has neither body nor Content-Length")
    func noContent() async throws {
        try await withListener { port in
            func cookies(_ text: String) -> String {
                text.split(separator: "Set-Cookie: ").dropFirst().map { $0.prefix { $0 != ";" } }.joined(
                    separator: "; ")
            }
            let visitor = try await RawClient.connect(port: port)
            try await visitor.send("\(Self.get)\r\n")
            #expect(await visitor.waits(for: "csrfToken"))
            let token = visitor.received.split(separator: "\"")[3]
            let form = "csrfToken=\(token)&username=alice&password=wonderland"
            try await visitor.send(
                "POST /api/auth/callback/credentials HTTP/1.1\r\nHost: a\r\nCookie: \(cookies(visitor.received))\r\n"
                    + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: \(form.utf8.count)\r\n\r\n\(form)"
            )
            #expect(await visitor.waits(for: "302 Found"))
            #expect(await visitor.waits(for: "session-token="))
            let cookie = cookies(visitor.received)
            try await visitor.close()
            let client = try await RawClient.connect(port: port)
            try await client.send(
                "POST /api/auth/keepalive HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nCookie: \(cookie)\r\n\r\n\(Self.get)\r\n"
            )
            #expect(await client.waits(for: "csrfToken"))
            let first = client.received.split(separator: "HTTP/1.1 ")[0]
            #expect(first.hasPrefix("204"))
            #expect(!first.lowercased().contains("content-length"))
            try await client.close()
        }
    }

    @Test("A head of up to 64 KiB is read; a longer one, or too many fields, is refused and never a 500")
    func headers() async throws {
        try await withListener { port in
            func status(_ extra: String) async throws -> Substring {
                let client = try await RawClient.connect(port: port)
                try await client.send("\(Self.get)\(extra)Connection: close\r\n\r\n")
                await client.waitUntilClosed()
                return client.received.split(separator: " ").dropFirst().first ?? "closed"
            }
            #expect(try await status("Cookie: a=\(String(repeating: "x", count: 60_000))\r\n") == "200")
            #expect(try await status("Cookie: \(String(repeating: "a=;", count: 20_000))\r\n") == "200")
            for extra in [
                "Cookie: a=\(String(repeating: "x", count: 70_000))\r\n",
                String(repeating: "X-Field: \(String(repeating: "y", count: 500))\r\n", count: 150),
                String(repeating: "X-Field: y\r\n", count: 300),
            ] {
                let refused = try await status(extra)
                #expect(refused == "closed" || refused.hasPrefix("4"), "\(refused)")
            }
            #expect(try await status("") == "200")
        }
    }

    @Test("A body of more than 256 KiB gets 413 while it is still being sent")
    func largeBody() async throws {
        try await withListener { port in
            let client = try await RawClient.connect(port: port)
            let length = (1 << 18) + 1
            try await client.send(
                "POST /api/auth/signout HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: \(length)\r\n\r\n"
            )
            try await client.send(String(repeating: "x", count: length))
            #expect(await client.waits(for: "body_too_large"))
            #expect(client.received.hasPrefix("HTTP/1.1 413"))
            try? await client.close()
        }
    }

    @Test(
        "A client that does not get on is closed",
        arguments: [
            "", "GET /api/auth/csrf HTTP/1.1\r\nHost: a\r\nX-Slow: ",
            "POST /api/auth/signout HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n12345",
            "POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345",
            "POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345",
            "GET /api/auth/csrf HTTP/1.1\r\nHost: a\r\n\r\n",
        ])
    func slowClient(sent: String) async throws {
        try await withListener(idle: .milliseconds(200), body: .milliseconds(200)) { port in
            let client = try await RawClient.connect(port: port)
            // It may be closed already: that is as it should be.
            if !sent.isEmpty { try? await client.send(sent) }
            await client.waitUntilClosed()
        }
    }

    @Test("A client that asks and asks and reads nothing is closed")
    func neverReads() async throws {
        try await withListener(write: .milliseconds(200)) { port in
            let client = try await RawClient.connect(port: port, reads: false)
            // It may be closed before it has sent all: that is as it should be.
            try? await client.send(
                String(repeating: "GET /api/auth/signin HTTP/1.1\r\nHost: a\r\n\r\n", count: 5000))
            await client.waitUntilClosed()
        }
    }

    @Test("Connections beyond the limit wait until one is free")
    func connectionLimit() async throws {
        try await withListener(connections: 2) { port in
            let first = try await RawClient.connect(port: port)
            try await first.send("\(Self.get)\r\n")
            #expect(await first.waits(for: "csrfToken"))
            let second = try await RawClient.connect(port: port)
            try await second.send("\(Self.get)\r\n")
            #expect(await second.waits(for: "csrfToken"))
            let third = try await RawClient.connect(port: port)
            try await third.send("\(Self.get)\r\n")
            for number in 1...20 {
                try await second.send("GET /\(number)/nothing HTTP/1.1\r\nHost: a\r\n\r\n")
            }
            try await second.send("GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await second.waits(for: "status"))
            #expect(third.received.isEmpty)
            try await first.close()
            #expect(await third.waits(for: "csrfToken"))
            try await second.close()
            try await third.close()
        }
    }
}

/// Says whether it, and an actor that it asks, run on the event loop of the connection.
private struct LoopResponder: HTTPResponder {
    struct Context: RequestContext {
        var coreContext: CoreRequestContextStorage
        let loop: any EventLoop

        init(source: ApplicationRequestContextSource) {
            coreContext = CoreRequestContextStorage(source: source)
            loop = source.channel.eventLoop
        }
    }

    actor Asked {
        func isOn(_ loop: any EventLoop) -> Bool { loop.inEventLoop }
    }

    private let asked = Asked()

    @concurrent func respond(to request: Request, context: Context) async throws -> Response {
        let isOnLoop = context.loop.inEventLoop
        let text = "on its loop: \(isOnLoop) \(await asked.isOn(context.loop))"
        return Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
