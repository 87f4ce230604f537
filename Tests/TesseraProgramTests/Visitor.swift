import AsyncHTTPClient
import JSON
import NIOCore
import NIOHTTP1
import Testing

/// Somebody's browser at a node: keeps cookies, and sends them back.
actor Visitor {
    private let url: String
    private var cookies: [String: String] = [:]

    init(_ url: String) { self.url = url }

    /// At another node with the same cookies.
    init(_ url: String, cookiesOf other: Visitor) async {
        self.url = url
        cookies = await other.cookies
    }

    /// What the session cookie carries.
    var token: String? { cookies["next-auth.session-token"] }

    /// The header with the cookies.
    var cookieHeader: String { cookies.map { "\($0)=\($1)" }.joined(separator: "; ") }

    func setToken(_ token: String) { cookies["next-auth.session-token"] = token }

    func get(_ path: String) async throws -> JSONObject { try await send(HTTPClientRequest(url: url + path)).body }

    func status(_ path: String) async throws -> UInt { try await send(HTTPClientRequest(url: url + path)).status }

    /// The status of the answer, and whether it says when to come again.
    func statusAndRetryAfter(_ path: String) async throws -> (status: UInt, hasRetryAfter: Bool) {
        let answer = try await send(HTTPClientRequest(url: url + path))
        return (answer.status, answer.hasRetryAfter)
    }

    func signOut() async throws { #expect(try await signOut(traceparent: nil) == 200) }

    /// The status of the answer to a sign-out, of a trace where one is given.
    func signOut(traceparent: String?) async throws -> UInt {
        let token = try #require(try await get("/api/auth/csrf")["csrfToken"]?.string)
        return try await post("/api/auth/signout", "csrfToken=\(token)&json=true", traceparent: traceparent)
    }

    func signIn(_ username: String, _ password: String) async throws {
        #expect(try await attempt(username, password) == 200)
    }

    /// The status of the answer to credentials.
    func attempt(_ username: String, _ password: String) async throws -> UInt {
        let token = try #require(try await get("/api/auth/csrf")["csrfToken"]?.string)
        let form = "csrfToken=\(token)&username=\(username)&password=\(password)&json=true"
        return try await post("/api/auth/callback/credentials", form)
    }

    private func post(_ path: String, _ form: String, traceparent: String? = nil) async throws -> UInt {
        var request = HTTPClientRequest(url: url + path)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        if let traceparent { request.headers.add(name: "traceparent", value: traceparent) }
        request.body = .bytes(ByteBuffer(string: form))
        return try await send(request).status
    }

    /// The text of a page.
    func text(_ path: String) async throws -> String {
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url + path), timeout: .seconds(60))
        return String(buffer: try await response.body.collect(upTo: 1 << 20))
    }

    /// Posts a form of plain values, with the CSRF token, in JSON mode.
    func post(_ path: String, _ form: [String: String], expecting status: UInt = 200) async throws {
        let token = try #require(try await get("/api/auth/csrf")["csrfToken"]?.string)
        var request = HTTPClientRequest(url: url + path)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        let fields = form.map { "&\($0.key)=\($0.value.replacing("@", with: "%40"))" }.joined()
        request.body = .bytes(ByteBuffer(string: "csrfToken=\(token)&json=true\(fields)"))
        #expect(try await send(request).status == status)
    }

    /// The sessions of whoever is signed in, by their ids; the times when they were last seen.
    func sessions() async throws -> [String: String] {
        let list = try await get("/api/auth/sessions")["sessions"]?.array?.compactMap(\.object) ?? []
        return Dictionary(
            uniqueKeysWithValues: list.map { ($0["id"]?.string ?? "", $0["lastSeen"]?.string ?? "") })
    }

    /// The name of whoever is signed in.
    func name() async throws -> String? { try await get("/api/auth/session")["user"]?.object?["name"]?.string }

    private struct Answer {
        let status: UInt
        let body: JSONObject
        let hasRetryAfter: Bool
    }

    private func send(_ request: HTTPClientRequest) async throws -> Answer {
        var request = request
        if !cookies.isEmpty {
            request.headers.add(name: "Cookie", value: cookieHeader)
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        for header in response.headers["Set-Cookie"] {
            let pair = header.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            cookies[String(pair[0])] = pair[1].isEmpty ? nil : String(pair[1])
        }
        let bytes = try await response.body.collect(upTo: 1 << 20)
        return Answer(
            status: response.status.code,
            body: (try? JSONObject(parsing: Array(bytes.readableBytesView))) ?? JSONObject(),
            hasRetryAfter: response.headers.contains(name: "Retry-After"))
    }
}
