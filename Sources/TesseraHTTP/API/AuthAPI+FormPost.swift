import JSON
import TesseraCore
import TesseraRuntime
import TesseraTokens

/// Providers that have the browser post what others write into the address (`response_mode=form_post`).
///
/// A form that another site posts comes without our cookies, for they are `SameSite=Lax`: no session, no state, no CSRF
/// token. They could be weakened for such a journey; instead nothing is decided at once. What was posted comes again,
/// sealed, with a GET, which has all of them. So such a journey is one like any other: it can link accounts, who is
/// signed in already makes way, and no https is needed to try it.
extension AuthAPI {
    /// The query parameter that what was posted comes again in; part of the key that seals it.
    private static let posted = "posted"
    /// How long it may be under way.
    private static let postLifetime = Duration.seconds(60)
    /// The most bytes of it: an address has to pass every proxy.
    private static let postLimit = 4096

    /// `POST callback/{provider}`: sends the browser to the same address with a GET. Sets no cookie, for it has seen none.
    func comeAgain(_ provider: any RedirectingProvider, _ exchange: Exchange) throws -> Answer {
        var fields: [String: String] = [:]
        for (name, value) in exchange.request.query { fields[name] = fields[name] ?? value }
        for member in exchange.request.body.members { fields[member.name] = member.value.string }
        let sealed = try checks.seal(
            JSONValue.object(Self.fitting(fields)).description, provider: provider.id, cookieName: Self.posted,
            at: flow.clock.now(), lifetime: Self.postLifetime, random: flow.random)
        let callback = "\(exchange.url)/callback/\(PercentEncoding.encode(provider.id))"
        return Answer(.redirect("\(callback)?\(Self.posted)=\(sealed)"))
    }

    /// As much as there is room for, the short ones first: they are what counts.
    private static func fitting(_ fields: [String: String]) -> JSONObject {
        var object = JSONObject()
        var room = postLimit
        for (name, value) in fields.sorted(by: { ($0.value.utf8.count, $0.key) < ($1.value.utf8.count, $1.key) }) {
            room -= name.utf8.count + value.utf8.count
            guard room >= 0 else { break }
            object[name] = .string(value)
        }
        return object
    }

    /// The request that ends a journey, as the provider is to see it: with the form that was posted, if one was.
    func requestThatEnds(_ provider: any RedirectingProvider, _ exchange: Exchange) -> SignInRequest {
        let request = exchange.request.signInRequest
        guard let sealed = exchange.request.query(Self.posted),
            let text = checks.open(
                sealed, provider: provider.id, cookieName: Self.posted, at: flow.clock.now()),
            let body = try? JSONObject(parsing: Array(text.utf8))
        else { return request }
        return SignInRequest(
            method: "POST", headers: request.headers, query: [:], body: body, origin: request.origin)
    }
}
