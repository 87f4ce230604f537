import JSON
import TesseraRuntime

extension AuthAPI {
    /// `POST signout`: ends the session, or with `scope=everywhere` all of the user's; clears the cookies; goes on to
    /// the callback URL (contract 1.5).
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
        let cookies = exchange.sessionCookie.clear(exchange.request.cookies) + [try newCSRFCookie(exchange)]
        return exchange.adding(cookies, to: Answer(.redirect(exchange.callbackURL)))
    }
}
