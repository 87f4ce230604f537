import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Tessera
import TesseraHTTP
import TesseraRuntime
import Testing

@Suite("Server-sent events, live", .timeLimit(.minutes(1)))
struct EventTests {
    /// Runs a test against the public listener; the group is told to stop gracefully when it calls its second argument.
    private func withListener(
        _ change: (inout TesseraConfiguration) -> Void = { _ in },
        _ test: @Sendable (Site, Int, @escaping @Sendable () async -> Void) async throws -> Void
    ) async throws {
        try await withSite(change) { site in
            let (ports, announcement) = AsyncStream.makeStream(of: Int.self)
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let application = HTTPListener.application(
                PublicResponder(api: site.tessera.api, demoLogins: nil), host: "127.0.0.1", port: 0,
                maximumConnections: 100, logger: logger, onListening: { announcement.yield($0) })
            let group = ServiceGroup(services: [application], logger: logger)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                let port = try #require(await ports.first { _ in true })
                try await test(site, port) { await group.triggerGracefulShutdown() }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
        }
    }

    private func request(_ browser: Browser, last: String? = nil) throws -> String {
        let token = try #require(browser.jar[Site.sessionCookie])
        let resumed = last.map { "Last-Event-ID: \($0)\r\n" } ?? ""
        return "GET /api/auth/events HTTP/1.1\r\nHost: localhost:3000\r\nCookie: \(Site.sessionCookie)=\(token)\r\n"
            + resumed + "\r\n"
    }

    private func listen(_ port: Int, _ browser: Browser, last: String? = nil) async throws -> RawClient {
        let client = try await RawClient.connect(port: port)
        try await client.send(try request(browser, last: last))
        return client
    }

    @Test("A browser learns at once that its session ended, and why; another user's does not")
    func ended() async throws {
        try await withListener { site, port, _ in
            var (alice, bob) = (site.browser(), site.browser())
            try await alice.signIn()
            try await bob.signIn("bob", "builder")
            let (first, second) = (try await listen(port, alice), try await listen(port, bob))
            #expect(await first.waits(for: "event: open"))
            #expect(await second.waits(for: "event: open"))
            #expect(first.received.contains("text/event-stream") && first.received.contains("X-Accel-Buffering: no"))
            let user = try #require(UserID("user-alice"))
            _ = try await site.tessera.flow.endAll(of: user, reason: .revokedByOperator)
            #expect(await first.waits(for: "id: ended\nevent: ended\ndata: {\"reason\":\"revoked_by_operator\"}\n\n"))
            #expect(await first.waits(for: "0\r\n\r\n"), "and that is the end of the stream")
            #expect(!second.received.contains("event: ended"))
            #expect(site.tessera.flow.watchers.count == 1)
            try await first.close()
            try await second.close()
        }
    }

    @Test("A change of the session is told; so is a change that was missed")
    func changed() async throws {
        try await withListener { site, port, _ in
            var alice = site.browser()
            try await alice.signIn()
            let client = try await listen(port, alice)
            #expect(await client.waits(for: "event: open"))
            let token = try #require(alice.jar[Site.sessionCookie])
            _ = try await site.tessera.flow.update(
                token, data: nil, from: RequestOrigin(userAgent: nil, address: nil))
            #expect(await client.waits(for: "event: changed"))
            try await client.close()
            let again = try await listen(port, alice, last: "AAAAAAAAAAAAAAAAAAAAAA.1")
            #expect(await again.waits(for: "event: changed"))
            try await again.close()
        }
    }

    @Test("Who comes back after his session has ended is told so once, and then sent away for good")
    func comesBack() async throws {
        try await withListener { site, port, _ in
            var alice = site.browser()
            try await alice.signIn()
            let user = try #require(UserID("user-alice"))
            _ = try await site.tessera.flow.endAll(of: user, reason: .signedOutEverywhere)
            let client = try await listen(port, alice, last: "x")
            #expect(await client.waits(for: "event: ended"))
            try await client.close()
            let again = try await listen(port, alice, last: "ended")
            #expect(await again.waits(for: "HTTP/1.1 204"))
            try await again.close()
            let anew = try await listen(port, alice)
            #expect(await anew.waits(for: "HTTP/1.1 401"))
            try await anew.close()
        }
    }

    @Test("Streams are bounded, and a place that was left is free again")
    func bounded() async throws {
        try await withListener({ $0.eventStreamLimit = 1 }) { site, port, _ in
            var alice = site.browser()
            try await alice.signIn()
            let first = try await listen(port, alice)
            #expect(await first.waits(for: "event: open"))
            let second = try await listen(port, alice)
            #expect(await second.waits(for: "too_many_streams"))
            #expect(second.received.contains("HTTP/1.1 503") && second.received.contains("Retry-After: 2"))
            try await first.close()
            // The node notices that the reader is gone when it next writes to him.
            while site.tessera.flow.watchers.count > 0 {
                site.tessera.flow.watchers.beat()
                await Task.yield()
            }
            let third = try await listen(port, alice)
            #expect(await third.waits(for: "event: open"))
            try await second.close()
            try await third.close()
        }
    }

    @Test("A heartbeat is a comment; a stream ends with its token's lifetime")
    func heartbeat() async throws {
        try await withListener { site, port, _ in
            var alice = site.browser()
            try await alice.signIn()
            let client = try await listen(port, alice)
            #expect(await client.waits(for: "event: open"))
            let node = Node(flow: site.tessera.flow)
            node.beatWatchers()
            #expect(await client.waits(for: ": heartbeat\n\n"))
            site.clock.advance(.days(15))
            node.beatWatchers()
            #expect(await client.waits(for: "0\r\n\r\n"))
            #expect(!client.received.contains("event: ended"))
            try await client.close()
        }
    }

    @Test("A node that stops ends its streams at once, and keeps nobody waiting")
    func stopping() async throws {
        try await withListener { site, port, stop in
            var alice = site.browser()
            try await alice.signIn()
            let client = try await listen(port, alice)
            #expect(await client.waits(for: "event: open"))
            await stop()
            #expect(await client.waits(for: "0\r\n\r\n"))
            // The node closes the connection itself, perhaps before we could.
            try? await client.close()
        }
    }
}
