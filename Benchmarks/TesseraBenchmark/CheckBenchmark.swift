import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import Tessera

/// `GET /api/auth/session` of a signed-in browser without network, on one core: what a check costs beyond what every
/// route of an HTTP server does.
struct CheckBenchmark {
    @concurrent func run() async throws {
        let credentials = SignInProvider.credentials { _, _ in
            UserProfile(id: "user-1", name: "Ada Lovelace", email: "ada.lovelace@example.com")
        }
        let configuration = TesseraConfiguration(
            secrets: ["benchmark-secret-of-32-bytes-----"], store: .memory, providers: [credentials])
        let tessera = try await Tessera.open(configuration)
        let cookies = try await signIn(tessera.api)
        let request = Self.request(.get, "session", cookies: cookies)
        guard await tessera.api.respond(to: request, peer: "127.0.0.1")?.status == .ok else {
            throw BenchmarkError.noSession
        }
        var best = Duration.seconds(1)
        for _ in 0..<5 {
            let start = ContinuousClock.now
            for _ in 0..<20_000 { _ = await tessera.api.respond(to: request, peer: "127.0.0.1") }
            best = min(best, (ContinuousClock.now - start) / 20_000)
        }
        print("session check without network         \(Int(best.inSeconds * 1e9).grouped) ns")
    }

    /// Signs in; returns the browser's cookies.
    private func signIn(_ api: AuthAPI) async throws -> String {
        var cookies: [String: String] = [:]
        func take(_ response: Response?) {
            for header in response?.headers[values: .setCookie] ?? [] {
                let pair = header.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
                if pair.count == 2 { cookies[String(pair[0])] = String(pair[1]) }
            }
        }
        var header: String { cookies.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: "; ") }
        take(await api.respond(to: Self.request(.get, "csrf", cookies: ""), peer: nil))
        let token = cookies["next-auth.csrf-token"]?.prefix(64) ?? ""
        let form = Self.request(
            .post, "callback/credentials", cookies: header, body: "csrfToken=\(token)&username=a&password=b&json=true")
        take(await api.respond(to: form, peer: nil))
        return header
    }

    private static func request(
        _ method: HTTPRequest.Method, _ path: String, cookies: String, body: String = ""
    ) -> Request {
        var head = HTTPRequest(
            method: method, scheme: "http", authority: "localhost:3000", path: "/api/auth/\(path)")
        head.headerFields[.cookie] = cookies
        if !body.isEmpty { head.headerFields[.contentType] = "application/x-www-form-urlencoded" }
        return Request(head: head, body: RequestBody(buffer: ByteBuffer(string: body)))
    }
}
