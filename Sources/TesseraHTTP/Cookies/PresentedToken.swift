import HTTPTypes
import TesseraRuntime
import TesseraTokens

/// The session token of a request, and what the response has to carry once it has been authenticated: its successor if
/// it was moved on, deletions if it has ended.
struct PresentedToken: Sendable {
    let cookie: SessionCookie
    private let cookies: RequestCookies
    /// The cookie's, or else the bearer token; `nil` where there is neither.
    let text: String?
    /// Whether it came in a cookie.
    let isCookie: Bool

    init(_ request: InboundRequest, cookie: SessionCookie) {
        self.cookie = cookie
        cookies = request.cookies
        let inCookie = cookie.read(request.cookies) ?? ""
        isCookie = !inCookie.isEmpty
        text = isCookie ? inCookie : request.bearerToken
    }

    /// The cookies for the response.
    func cookies(after authentication: Authentication) -> [SetCookie] {
        switch authentication {
        case .anonymous: return []
        case .ended: return cookie.clear(cookies)
        case .active(let session):
            guard let replacement = session.replacement, isCookie else { return [] }
            return cookie.write(replacement.text, expires: replacement.expires, replacing: cookies)
        }
    }

    /// The header that gives a client with a bearer token the one that takes its place.
    func headers(after authentication: Authentication) -> HTTPFields {
        guard case .active(let session) = authentication, let replacement = session.replacement, !isCookie else {
            return [:]
        }
        return [.sessionToken: replacement.text]
    }
}
