import AsyncHTTPClient
import JSON
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

/// The demo's own OpenID provider, at which the demo signs in as at any other.
@Suite("The demo's provider", .timeLimit(.minutes(2)))
struct DemoProviderTests {
    /// A client that follows nothing and keeps cookies.
    private actor Browser {
        private var cookies: [String: String] = [:]
        private static let client = HTTPClient(
            eventLoopGroupProvider: .singleton, configuration: .init(redirectConfiguration: .disallow))

        /// The address that it is sent to next; the body where it is sent nowhere.
        func send(_ method: HTTPMethod, _ url: String, form: String? = nil) async throws -> String {
            var request = HTTPClientRequest(url: url)
            request.method = method
            request.headers.add(name: "Cookie", value: cookies.map { "\($0)=\($1)" }.joined(separator: "; "))
            if let form {
                request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
                request.body = .bytes(ByteBuffer(string: form))
            }
            let response = try await Self.client.execute(request, timeout: .seconds(30))
            for header in response.headers["Set-Cookie"] {
                let pair = header.prefix { $0 != ";" }.split(
                    separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                cookies[String(pair[0])] = pair[1].isEmpty ? nil : String(pair[1])
            }
            if let location = response.headers.first(name: "Location") { return location }
            return String(buffer: try await response.body.collect(upTo: 1 << 20))
        }

        func csrfToken(_ url: String) async throws -> String {
            let body = try await send(.GET, "\(url)/api/auth/csrf")
            return try JSONObject(parsing: Array(body.utf8))["csrfToken"]?.string ?? ""
        }
    }

    private static func freePort() async throws -> Int {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        defer { channel.close(promise: nil) }
        return channel.localAddress?.port ?? 0
    }

    @Test("signs a demo user in, and tells who says no")
    func whole() async throws {
        let port = try await Self.freePort()
        let folder = try TemporaryFolder()
        let node = try await Node(folder: folder, store: "memory", arguments: ["--port", "\(port)"])
        let url = "http://localhost:\(port)"
        let browser = Browser()
        let token = try await browser.csrfToken(url)
        let page = try await browser.send(.GET, "\(url)/api/auth/signin")
        #expect(page.contains("Demo ID"))
        let start = "csrfToken=\(token)&callbackUrl=%2F"
        let authorize = try await browser.send(.POST, "\(url)/api/auth/signin/demo", form: start)
        #expect(authorize.hasPrefix("\(url)/dev/openid/authorize?"))
        #expect(try await browser.send(.GET, authorize).contains("Sign in as alice"))
        let back = try await browser.send(.POST, authorize, form: "user=alice")
        #expect(back.hasPrefix("\(url)/api/auth/callback/demo?"))
        #expect(try await browser.send(.GET, back) == "\(url)/")
        #expect(try await browser.send(.GET, "\(url)/api/auth/session").contains("alice@example.com"))

        // Out again, here and there.
        #expect(try await browser.send(.GET, "\(url)/api/auth/signout").contains("name=\"federated\""))
        let fresh = try await browser.csrfToken(url)
        let out = try await browser.send(
            .POST, "\(url)/api/auth/signout", form: "csrfToken=\(fresh)&federated=true&callbackUrl=%2Fbye")
        #expect(out.hasPrefix("\(url)/dev/openid/logout?id_token_hint="))
        #expect(try await browser.send(.GET, "\(url)/api/auth/session") == "{}")
        #expect(try await browser.send(.GET, browser.send(.GET, out)) == "\(url)/bye")

        let other = Browser()
        let second = try await other.send(
            .POST, "\(url)/api/auth/signin/demo", form: "csrfToken=\(other.csrfToken(url))")
        let refused = try await other.send(.POST, second, form: "user=")
        #expect(try await other.send(.GET, refused).hasSuffix("error?error=OAuthCallback&reason=access_denied"))
        #expect(try await other.send(.GET, "\(url)/api/auth/session") == "{}")
        let end = await node.stop()
        #expect(end.code == 0)
        // The code was the first browser's, and has been used.
        #expect(!end.everything.contains("id_token"))
    }
}
