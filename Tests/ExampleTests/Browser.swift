import HTTPTypes
import HummingbirdTesting
import JSON
import NIOCore
import Testing

/// A browser as far as these tests need one: keeps cookies, sends them back, follows no redirect.
actor Browser {
    private let client: any TestClientProtocol
    private var cookies: [String: String] = [:]

    init(_ client: any TestClientProtocol) { self.client = client }

    func get(_ path: String, accept: String = "text/html") async throws -> TestResponse {
        try await send(.get, path, headers: [.accept: accept])
    }

    func post(_ path: String, _ body: String = "", type: String = "text/plain") async throws -> TestResponse {
        try await send(.post, path, headers: [.contentType: type], body: body)
    }

    /// Signs in with the form of the built-in page.
    func signIn(_ username: String, _ password: String) async throws -> TestResponse {
        let answer = try JSONObject(parsing: Array(try await get("/api/auth/csrf").body.readableBytesView))
        let token = try #require(answer["csrfToken"]?.string)
        return try await post(
            "/api/auth/callback/credentials",
            "csrfToken=\(token)&username=\(username)&password=\(password)&json=true",
            type: "application/x-www-form-urlencoded")
    }

    private func send(
        _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields, body: String? = nil
    ) async throws -> TestResponse {
        var headers = headers
        if !cookies.isEmpty {
            headers[.cookie] = cookies.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(
                separator: "; ")
        }
        let response = try await client.executeRequest(
            uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
        for header in response.headers[values: .setCookie] {
            let pair = header.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            cookies[String(pair[0])] = pair[1].isEmpty ? nil : String(pair[1])
        }
        return response
    }
}
