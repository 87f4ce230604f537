import HTTPTypes
package import Hummingbird
import JSON
import Logging
import TesseraCore
package import TesseraPages
package import TesseraRuntime
package import TesseraTokens
import Tracing

/// The REST API and the built-in pages (contract 1): from a request below the base path to its answer.
///
/// Translates and nothing else. What happens is in `RequestFlow`; which status and cookies that means is here.
///
/// A class, though it has no identity: it is handed through every step of every request, and as a value all that it
/// holds would be retained each time (5 % of a session check).
package final class AuthAPI: Sendable {
    let flow: RequestFlow
    let settings: HTTPSettings
    let csrf: CSRFTokens
    let checks: CheckCookies
    let pages: PageRenderer
    let pageHeaders: HTTPFields
    private let telemetry: RequestTelemetry?
    /// `nil` where nobody traces: a span costs something even if it goes nowhere.
    private let tracer: (any Tracer)?
    private let secureCookies: CookieSettings
    private let plainCookies: CookieSettings

    /// The most bytes of a request's body.
    package static let bodyLimit = 1 << 18

    /// Requests are traced with the process's tracer as it is set up at this time.
    ///
    /// - Parameter telemetry: where measures of requests go; `nil` for nowhere.
    package init(
        flow: RequestFlow, settings: HTTPSettings, ring: SecretRing, pages: PageRenderer,
        telemetry: RequestTelemetry? = nil
    ) throws {
        self.flow = flow
        self.telemetry = telemetry
        let tracer = InstrumentationSystem.tracer
        self.tracer = tracer is NoOpTracer ? nil : tracer
        self.settings = settings
        self.csrf = CSRFTokens(ring: ring)
        self.checks = CheckCookies(ring: ring)
        self.pages = pages
        self.pageHeaders = try Self.headers(of: pages)
        self.secureCookies = settings.cookies(secure: true)
        self.plainCookies = settings.cookies(secure: false)
    }

    /// Answers a request; `nil` for one that is not below the base path.
    ///
    /// Never throws: whatever goes wrong has an answer.
    ///
    /// - Parameter peer: the address of whoever sent the request to us.
    package func respond(to request: Request, peer: String?) async -> Response? {
        guard let path = RequestTarget(request).path(below: settings.url.basePath) else { return nil }
        let route = AuthRoute(method: request.method, path: path)
        let start = ContinuousClock.now
        let response =
            if let tracer {
                await traced(request, route, peer: peer, by: tracer)
            } else {
                await respond(to: request, route, peer: peer)
            }
        telemetry?.answered(route, response.status, after: ContinuousClock.now - start)
        return response
    }

    private func traced(
        _ request: Request, _ route: AuthRoute?, peer: String?, by tracer: any Tracer
    ) async -> Response {
        var context = ServiceContext.current ?? .topLevel
        tracer.extract(request.headers, into: &context, using: HeaderExtractor())
        return await tracer.withSpan("auth \(route?.name ?? "other")", context: context, ofKind: .server) { span in
            let response = await respond(to: request, route, peer: peer)
            span.attributes["http.response.status_code"] = response.status.code
            if response.status.code >= 500 { span.setStatus(SpanStatus(code: .error)) }
            return response
        }
    }

    /// Where a proxy, or an application, says which trace a request belongs to.
    private struct HeaderExtractor: Extractor {
        func extract(key: String, from carrier: HTTPFields) -> String? {
            HTTPField.Name(key).flatMap { carrier[$0] }
        }
    }

    private func respond(to request: Request, _ route: AuthRoute?, peer: String?) async -> Response {
        do {
            let (answer, asJSON) = try await answer(request, route, peer: peer)
            return answer.response(asJSON: asJSON).fitting(request)
        } catch {
            return failure(error, request).response(asJSON: false).fitting(request)
        }
    }

    private func answer(
        _ request: Request, _ route: AuthRoute?, peer: String?
    ) async throws -> (answer: Answer, asJSON: Bool) {
        guard let route else { return (Self.unsupported(request.method), false) }
        let exchange = try await exchange(request, peer: peer)
        return (try await dispatch(route, exchange), exchange.request.wantsJSON)
    }

    /// Reads a request and settles what goes with every answer to it.
    ///
    /// - Parameter readsBody: whether the body is the API's to read; an application's own is left alone.
    func exchange(_ request: Request, peer: String?, readsBody: Bool = true) async throws -> Exchange {
        try await Exchange(inbound(request, peer: peer, readsBody: readsBody), api: self)
    }

    /// Reads a request, and changes nothing.
    func inbound(_ request: Request, peer: String?, readsBody: Bool) async throws -> InboundRequest {
        let query = RequestTarget(request).query.map { PercentEncoding.decodeForm($0) }
        if readsBody, let callbackURL = query?.first(where: { $0.name == "callbackUrl" })?.value,
            !CallbackURL.isAcceptable(callbackURL)
        {
            throw RequestError.invalidCallbackURL
        }
        guard let url = publicURL(of: request) else { throw RequestError.invalidHost }
        let hasBody = readsBody && request.method != .get && request.method != .head
        let body = hasBody ? try await Self.body(of: request) : JSONObject()
        return InboundRequest(
            method: request.method, headers: request.headers, query: readsBody ? query ?? [] : [], body: body,
            cookies: RequestCookies(request.headers), url: url, origin: origin(of: request, peer: peer))
    }

    /// The session token of a request.
    func presentedToken(_ request: InboundRequest) -> PresentedToken {
        PresentedToken(request, cookie: SessionCookie(cookie: cookieSettings(for: request.url).sessionToken))
    }

    private func dispatch(_ route: AuthRoute, _ exchange: Exchange) async throws -> Answer {
        switch route {
        case .providers: return listProviders(exchange)
        case .csrf: return giveCSRFToken(exchange)
        case .readSession: return try await readSession(exchange)
        case .updateSession: return try await updateSession(exchange)
        case .signInPage: return showSignIn(exchange)
        case .signIn(let provider): return try await beginSignIn(provider, exchange)
        case .signOutPage: return await showSignOut(exchange)
        case .signOut: return try await signOut(exchange)
        case .callback(let provider, let isPost): return try await finishSignIn(provider, isPost: isPost, exchange)
        case .verifyRequestPage: return showVerifyRequest(exchange)
        case .errorPage(let error): return showError(exchange, errorInPath: error)
        case .log: return takeLog(exchange)
        case .account: return try await showAccount(exchange)
        case .listSessions: return try await listSessions(exchange)
        case .endSession(let id), .endSessionForm(let id): return try await endSession(id, exchange)
        case .revokeOthers: return try await revokeOthers(exchange)
        case .keepAlive: return try await keepAlive(exchange)
        case .listAccounts: return try await listAccounts(exchange)
        case .linkAccount(let provider): return try await beginLink(provider, exchange)
        case .unlinkAccount(let provider): return try await unlink(provider, exchange)
        case .accountToken(let provider): return try await giveAccessToken(provider, exchange)
        case .events: return try await watchSession(exchange)
        case .signedOutElsewhere(let provider): return comeBackSignedOut(provider, exchange)
        case .backChannelLogout(let provider): return await takeLogoutToken(provider, exchange)
        }
    }

    // MARK: Reading the request

    private static func body(of request: Request) async throws -> JSONObject {
        guard let bytes = try await request.bodyBytes(upTo: bodyLimit) else { throw RequestError.bodyTooLarge }
        let type = request.headers[.contentType]?.lowercased() ?? ""
        if bytes.isEmpty { return JSONObject() }
        if type.contains("application/json") {
            do {
                return try JSONObject(parsing: bytes)
            } catch {
                throw RequestError.bodyMalformed(error.code.rawValue)
            }
        }
        guard type.contains("application/x-www-form-urlencoded") else { return JSONObject() }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw RequestError.bodyMalformed("not UTF-8") }
        var fields: [String: String] = [:]
        var order: [String] = []
        for (name, value) in PercentEncoding.decodeForm(text) {
            if fields.updateValue(value, forKey: name) == nil { order.append(name) }
            guard order.count <= 1000 else { throw RequestError.bodyMalformed("more than 1000 fields") }
        }
        return JSONObject(order.map { ($0, .string(fields[$0] ?? "")) })
    }

    func publicURL(of request: Request) -> PublicURL? {
        switch settings.url {
        case .configured(let url): return url
        case .forwarded(let basePath):
            let scheme: Origin.Scheme = request.headers[.xForwardedProto] == "http" ? .http : .https
            guard let host = request.headers[.xForwardedHost] ?? request.head.authority,
                let origin = Origin(scheme: scheme, authority: host)
            else { return nil }
            return PublicURL(origin: origin, basePath: basePath)
        }
    }

    private func origin(of request: Request, peer: String?) -> RequestOrigin {
        let forwarded = settings.trustsProxy ? request.headers[.xForwardedFor] : nil
        // The last one is what the proxy in front of us has seen; those before it anybody may have written.
        let address = forwarded?.split(separator: ",").last.map { NetworkPrefix.bareAddress($0) } ?? peer
        return RequestOrigin(userAgent: request.headers[.userAgent], address: address)
    }

    func cookieSettings(for url: PublicURL) -> CookieSettings { url.isSecure ? secureCookies : plainCookies }

    private static func unsupported(_ method: HTTPRequest.Method) -> Answer {
        Answer(
            .text("Error: This action with HTTP method \(method.rawValue) is not supported by Tessera"),
            status: .badRequest)
    }
}
