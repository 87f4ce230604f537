import AsyncHTTPClient
import JSON
import NIOCore
import NIOHTTP1

/// A request and its answer, as a client sees them.
struct Exchange: Sendable {
    let status: UInt
    let text: String
    /// The text as JSON; empty where it is none.
    let body: JSONObject
    /// The cookies that were set, by name; `nil` for one that was cleared.
    let cookies: [String: String?]
    let hasRetryAfter: Bool

    /// One for all: connections to a node are used again, and none waits for another.
    private static let client = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(3)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// How long an answer is waited for. A node itself answers earlier, whatever happens to its store.
    static let limit = TimeAmount.seconds(20)

    /// Sends a request. Throws where there is no answer.
    static func send(
        _ method: HTTPMethod, _ url: String, headers: [String: String] = [:], body: String? = nil
    ) async throws -> Exchange {
        var request = HTTPClientRequest(url: url)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await client.execute(request, timeout: limit)
        let bytes = try await response.body.collect(upTo: 1 << 20)
        return Exchange(response, bytes)
    }

    private init(_ response: HTTPClientResponse, _ bytes: ByteBuffer) {
        status = response.status.code
        text = String(buffer: bytes)
        body = (try? JSONObject(parsing: Array(bytes.readableBytesView))) ?? JSONObject()
        hasRetryAfter = response.headers.contains(name: "Retry-After")
        var cookies: [String: String?] = [:]
        for header in response.headers["Set-Cookie"] {
            let pair = header.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { continue }
            cookies[String(pair[0])] = .some(pair[1].isEmpty ? nil : String(pair[1]))
        }
        self.cookies = cookies
    }
}
