import JSON
import TesseraRuntime

extension AuthAPI {
    /// `POST signout`: ends the session, or with `scope=everywhere` all of the user's; clears the cookies; goes on to
    /// the callback URL (contract 1.5), or first to the provider that the session was begun at.
    ///
    /// Where the store cannot be asked nobody is told that he is signed out, and the cookie stays.
    func signOut(_ exchange: Exchange) async throws -> Answer {
        guard exchange.isCSRFVerified else {
            return exchange.adding(to: Answer(.redirect("\(exchange.url)/signout?csrf=true")))
        }
        let scope: RequestFlow.SignOutScope
        switch exchange.request.body["scope"]?.string {
        case nil, "", "session": scope = .thisSession
        case "everywhere": scope = .everywhere
        default: throw RequestError.invalidScope
        }
        _ = try await flow.signOut(exchange.token, scope: scope, from: exchange.request.origin)
        // From here on he is signed out, whatever the provider does.
        var cookies = exchange.sessionCookie.clear(exchange.request.cookies) + [try newCSRFCookie(exchange)]
        guard let way = await wayToSignOutElsewhere(exchange) else {
            return exchange.adding(cookies, to: Answer(.redirect(exchange.callbackURL)))
        }
        cookies.append(way.cookie)
        return exchange.adding(cookies, to: Answer(.redirect(way.url)))
    }
}
