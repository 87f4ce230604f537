import HTTPTypes
import Hummingbird
import NIOCore
import Tessera
import TesseraHTTP
import TesseraTestKit
import TesseraTokens
import Testing

@Suite("Every 503 says when to try again")
struct RetryAfterTests {
    /// A POST whose body breaks off with an error.
    private func request(_ path: String, error: any Error, headers: HTTPFields = [:]) -> Request {
        var head = HTTPRequest(method: .post, scheme: "http", authority: "localhost:3000", path: path)
        head.headerFields = headers
        let body = AsyncThrowingStream<ByteBuffer, any Error> { $0.finish(throwing: error) }
        return Request(head: head, body: RequestBody(asyncSequence: body))
    }

    @Test("The API's, whatever went wrong", arguments: ["", "text/html"])
    func api(accept: String) async throws {
        try await withSite { site in
            for error in [CancellationError(), SampleError()] as [any Error] {
                let request = request("/api/auth/signout", error: error, headers: [.accept: accept])
                let response = try #require(await site.tessera.api.respond(to: request, peer: nil))
                #expect(response.status == .serviceUnavailable)
                #expect(response.headers[.retryAfter] == "2", "\(error)")
                #expect(response.headers[.cacheControl]?.contains("no-store") == true, "\(error)")
            }
        }
    }

    @Test("JSON mode's, where the application's own code failed")
    func jsonMode() async throws {
        try await withSite({ $0.callbacks.signIn = { _ in throw SampleError() } }) { site in
            var browser = site.browser()
            let reply = try await browser.signIn()
            #expect(reply.status == 503)
            #expect(reply.header("Retry-After") == "2")
        }
    }

    @Test("The operator's, whatever went wrong")
    func operators() async throws {
        try await withSite { site in
            let api = OperatorAPI(flow: site.tessera.flow, key: try #require(OperatorKey(OperatorDesk.key)))
            for error in [CancellationError(), SampleError()] as [any Error] {
                let key: HTTPFields = [.authorization: "Bearer \(OperatorDesk.key)"]
                let response = await api.respond(to: request("/v1/everybody/revoke", error: error, headers: key))
                #expect(response.status == .serviceUnavailable)
                #expect(response.headers[.retryAfter] == "2", "\(error)")
            }
        }
    }

    @Test("That of a node that is not ready")
    func notReady() async throws {
        let store = InMemoryStore()
        try await withOperator(over: store) { desk in
            store.faults.failEverything()
            let down = try await desk.send(.get, "/health/ready", key: nil)
            #expect(down.errorCode == "store_unavailable")
            #expect(down.header("Retry-After") == "2")
            desk.site.tessera.flow.mirror.trust(until: desk.site.clock.now - .seconds(1), afterDoubts: 0)
            let behind = try await desk.send(.get, "/health/ready", key: nil)
            #expect(behind.errorCode == "mirror_not_ready")
            #expect(behind.header("Retry-After") == "2")
        }
    }
}
