import HTTPTypes
package import Hummingbird
import TesseraCore
package import TesseraRuntime

/// Lets requests with a session through to an application's own routes; answers the others (contract 9.2).
package struct SessionGate: Sendable {
    private let api: AuthAPI

    package init(api: AuthAPI) { self.api = api }

    /// What becomes of a request.
    package enum Outcome: Sendable {
        /// The session, if there is one; the response is to carry these headers as well.
        case pass(ActiveSession?, HTTPFields)
        /// Not let through: the answer.
        case stop(Response)
    }

    /// What somebody without a session is told.
    package enum Refusal: Sendable {
        /// Nothing: he is let through without one.
        case letThrough
        /// 401 with a JSON error.
        case unauthorized
        /// 307 to the sign-in page, which leads back here.
        case redirect
        /// A redirect for somebody who looks at a page, 401 for a program.
        case automatic
    }

    /// Finds out who sends a request.
    ///
    /// - Parameter isAuthorized: the application's say: false refuses even a session, true accepts even none, `nil`
    ///   leaves it to whether there is a session.
    package func check(
        _ request: Request, peer: String?, refusal: Refusal,
        isAuthorized: (ActiveSession?) async throws -> Bool? = { _ in nil }
    ) async throws -> Outcome {
        if passesUnseen(request, refusal) { return .pass(nil, [:]) }
        let inbound: InboundRequest
        let presented: PresentedToken
        let authentication: Authentication
        do {
            inbound = try await api.inbound(request, peer: peer, readsBody: false)
            presented = api.presentedToken(inbound)
            authentication = try await api.flow.authenticate(presented.text, from: inbound.origin)
        } catch {
            return .stop(api.failure(error, request).response(asJSON: false).fitting(request))
        }
        var headers = presented.headers(after: authentication)
        for cookie in presented.cookies(after: authentication) {
            headers.append(HTTPField(name: .setCookie, value: cookie.header))
        }
        var session: ActiveSession?
        if case .active(let active) = authentication { session = active }
        if try await isAuthorized(session) ?? (session != nil) { return .pass(session, headers) }
        return refuse(request, inbound.url, refusal, session, headers)
    }

    private func refuse(
        _ request: Request, _ url: PublicURL, _ refusal: Refusal, _ session: ActiveSession?, _ headers: HTTPFields
    ) -> Outcome {
        switch refusal {
        case .letThrough: return .pass(session, headers)
        case .automatic where request.method == .get && request.wantsPage, .redirect:
            let page = api.settings.pages.signIn ?? "\(url.basePath)/signin"
            let back = PercentEncoding.encode(request.head.path ?? "/")
            var headers = headers
            headers[.location] = PercentEncoding.encodeUnsafe(page.appendingQuery("callbackUrl=\(back)"))
            return .stop(Response(status: .temporaryRedirect, headers: headers))
        case .unauthorized, .automatic:
            var response = AuthAPI.notSignedIn.response(asJSON: false)
            response.headers.append(contentsOf: headers)
            return .stop(response.fitting(request))
        }
    }

    /// What goes on without its session: the API, which looks for itself, and would be contradicted by cookies from here;
    /// and where others are refused, the sign-in and error pages and the favicon. Exactly these, and nothing that only
    /// begins alike.
    private func passesUnseen(_ request: Request, _ refusal: Refusal) -> Bool {
        let target = RequestTarget(request)
        let path = target.path
        if target.path(below: api.settings.url.basePath) != nil { return true }
        switch refusal {
        case .letThrough: return false
        case .unauthorized, .redirect, .automatic:
            let pages = [api.settings.pages.signIn, api.settings.pages.error, "/favicon.ico"]
            return pages.contains { page in page.map { $0.prefix { $0 != "?" && $0 != "#" } == path } ?? false }
        }
    }
}
