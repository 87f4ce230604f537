import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import Tessera
import TesseraHTTP

/// The public listener of `--demo`: what the demo's own provider answers, and everything else as ever.
struct DemoResponder: HTTPResponder {
    typealias Context = PublicRequestContext

    private let everything: PublicResponder
    private let provider: DemoProvider

    init(_ everything: PublicResponder, provider: DemoProvider) {
        self.everything = everything
        self.provider = provider
    }

    @concurrent func respond(to request: Request, context: Context) async throws -> Response {
        guard request.uri.path.hasPrefix("\(DemoProvider.path)/") else {
            return try await everything.respond(to: request, context: context)
        }
        let query = Self.values(request.uri.query ?? "")
        switch (request.method, request.uri.path.dropFirst(DemoProvider.path.count)) {
        case (.get, "/.well-known/openid-configuration"): return Self.json(provider.metadata)
        case (.get, "/keys"): return Self.json(try provider.keys())
        case (.get, "/authorize"): return choice(query)
        case (.post, "/authorize"):
            let form = try await Self.form(request)
            guard provider.accepts(query) else { return Response(status: .badRequest) }
            return Response(status: .seeOther, headers: [.location: provider.answer(query, user: form["user"])])
        case (.get, "/logout"):
            guard let target = provider.answerToSignOut(query) else { return Response(status: .badRequest) }
            return Response(status: .seeOther, headers: [.location: target])
        case (.post, "/token"):
            guard let tokens = try provider.tokens(try await Self.form(request)) else {
                return Self.json(["error": "invalid_grant"], status: .badRequest)
            }
            return Self.json(tokens)
        default: return Response(status: .notFound)
        }
    }

    /// The page on which a user says who he is.
    private func choice(_ query: [String: String]) -> Response {
        guard provider.accepts(query) else { return Self.page("This request is not one of the demo's.", .badRequest) }
        let buttons = DemoUsers.logins.map {
            "<p><button name=\"user\" value=\"\($0.username)\">Sign in as \($0.username)</button></p>"
        }
        // The form's own address is the page's, so what was asked for comes again.
        return Self.page(
            "<form method=\"post\"><p>Who are you?</p>\(buttons.joined())"
                + "<p><button name=\"user\" value=\"\">No, do not sign me in</button></p></form>", .ok)
    }

    private static func page(_ content: String, _ status: HTTPResponse.Status) -> Response {
        let html =
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
            + "content=\"width=device-width\"><title>Demo ID</title><body><main><h1>Demo ID</h1>\(content)</main></body></html>"
        let headers: HTTPFields = [
            .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
            .contentSecurityPolicy: "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
        ]
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }

    private static func json(_ object: JSONObject, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: object.serialized())))
    }

    private static func form(_ request: Request) async throws -> [String: String] {
        let body = try await request.body.collect(upTo: 1 << 16)
        return values(String(buffer: body))
    }

    private static func values(_ text: String) -> [String: String] {
        Dictionary(
            PercentEncoding.decodeForm(text).map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
}
