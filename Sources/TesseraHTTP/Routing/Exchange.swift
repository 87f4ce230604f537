import HTTPTypes
import JSON
import TesseraCore
import TesseraRuntime
import TesseraTokens

/// One request and what is settled about it before anything else (contract 1.3): its CSRF token, where to go
/// afterwards, and the cookies that go with every answer.
///
/// A class, though it has no identity: it goes through every step of a request, and would be copied in each.
final class Exchange: Sendable {
    let request: InboundRequest
    let cookies: CookieSettings
    let presented: PresentedToken
    /// The browser's token; new where it brought none that we signed.
    let csrfToken: String
    /// Whether the request repeats the browser's own token.
    let isCSRFVerified: Bool
    let callbackURL: String
    /// Cookies for the CSRF token and the callback URL where they are new.
    let newCookies: [SetCookie]

    var url: PublicURL { request.url }
    var token: String? { presented.text }
    var sessionCookie: SessionCookie { presented.cookie }

    init(_ request: InboundRequest, api: AuthAPI) async throws {
        self.request = request
        cookies = api.cookieSettings(for: request.url)
        presented = api.presentedToken(request)
        var newCookies: [SetCookie] = []
        if let known = api.csrf.token(inCookie: request.cookies[cookies.csrfToken.name]) {
            csrfToken = known
            let submitted = request.body["csrfToken"]?.string ?? request.headers[.csrfToken]
            isCSRFVerified = request.method != .get && api.csrf.matches(submitted, known)
        } else {
            csrfToken = api.csrf.make(random: api.flow.random)
            isCSRFVerified = false
            newCookies.append(SetCookie(cookies.csrfToken, value: try api.csrf.cookieValue(for: csrfToken)))
        }
        let stored = request.cookies[cookies.callbackURL.name]
        callbackURL = try await Self.callbackURL(request, stored: stored, api: api)
        if callbackURL != stored { newCookies.append(SetCookie(cookies.callbackURL, value: callbackURL)) }
        self.newCookies = newCookies
    }

    /// Body before query before cookie; without any of them the origin, and the callback is not asked. A value that
    /// cannot be a callback URL is an error in a request, and nothing in a cookie, which would lock its browser out.
    private static func callbackURL(_ request: InboundRequest, stored: String?, api: AuthAPI) async throws -> String {
        if let asked = request.body["callbackUrl"] {
            guard let asked = asked.string, CallbackURL.isAcceptable(asked) else {
                throw RequestError.invalidCallbackURL
            }
            return try await api.resolve(asked, for: request.url)
        }
        if let asked = request.query("callbackUrl") { return try await api.resolve(asked, for: request.url) }
        guard let stored else { return "\(request.url.origin)" }
        // The rules themselves refuse what cannot be one; only a callback has to be kept from it.
        guard api.flow.settings.callbacks.redirect != nil else {
            return CallbackURL.resolve(stored, origin: request.url.origin)
        }
        guard CallbackURL.isAcceptable(stored) else { return "\(request.url.origin)" }
        return try await api.resolve(stored, for: request.url)
    }

    /// The answer with the cookies that go with every one.
    func adding(_ cookies: [SetCookie] = [], to answer: Answer) -> Answer {
        var answer = answer
        answer.cookies =
            newCookies.filter { new in !cookies.contains { $0.name == new.name } } + answer.cookies + cookies
        return answer
    }

    /// Cookies for a session that has been authenticated.
    func sessionCookies(_ authentication: Authentication) -> [SetCookie] { presented.cookies(after: authentication) }

    /// Headers for a session that has been authenticated.
    func bearerHeaders(_ authentication: Authentication) -> HTTPFields { presented.headers(after: authentication) }
}

extension AuthAPI {
    /// Where a callback URL leads: what the `redirect` callback says, or the rules of `CallbackURL`.
    func resolve(_ asked: String, for url: PublicURL) async throws -> String {
        guard let callback = flow.settings.callbacks.redirect else {
            return CallbackURL.resolve(asked, origin: url.origin)
        }
        let answer: String
        do {
            answer = try await callback(RedirectRequest(url: asked, baseURL: "\(url.origin)"))
        } catch {
            throw FlowError(.callbackFailed, "the redirect callback failed", cause: error)
        }
        guard CallbackURL.isAcceptable(answer) else { return "\(url.origin)" }
        return answer.utf8.first == UInt8(ascii: "/") ? CallbackURL.resolve(answer, origin: url.origin) : answer
    }
}
