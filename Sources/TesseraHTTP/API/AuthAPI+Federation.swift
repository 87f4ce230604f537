import HTTPTypes
import JSON
import Logging
import TesseraCore
import TesseraRuntime
import TesseraTokens

/// Signing out here and at an OpenID provider together (beyond NextAuth.js).
extension AuthAPI {
    /// The address at the provider to go on to, and the cookie in which this browser keeps where it wants to come out;
    /// `nil` where signing out ends here: because nobody wants more, or because the provider cannot do it now.
    func wayToSignOutElsewhere(_ exchange: Exchange) async -> (url: String, cookie: SetCookie)? {
        guard let elsewhere = await flow.signOutElsewhere(exchange.token) else { return nil }
        let provider = elsewhere.provider
        switch provider.signOut {
        case .never: return nil
        case .ask: guard exchange.request.body["federated"] == .string("true") else { return nil }
        case .always: break
        }
        let state = checks.makeState(random: flow.random)
        guard let cookie = try? wayOut(state, provider: provider.id, exchange) else { return nil }
        let back = "\(exchange.url)/signout/callback/\(PercentEncoding.encode(provider.id))"
        return await flow.signOutURL(elsewhere, returnTo: back, state: state).map { ($0, cookie) }
    }

    /// `GET signout/callback/{provider}`: the browser is back, and goes where it wanted to go when it signed out. Without
    /// the state that it left with, it goes to the site's front page; no other address is ever taken from the request.
    func comeBackSignedOut(_ provider: String, _ exchange: Exchange) -> Answer {
        let home = "\(exchange.url.origin)"
        guard let state = exchange.request.query("state"),
            let name = try? wayOutName(state, exchange), let sealed = exchange.request.cookies[name]
        else { return Answer(.redirect(home)) }
        let target = checks.open(sealed, provider: provider, cookieName: name, at: flow.clock.now())
        var answer = Answer(.redirect(target ?? home))
        answer.cookies = [SetCookie(deleting: exchange.cookies.state, name: name)]
        return answer
    }

    private func wayOut(_ state: String, provider: String, _ exchange: Exchange) throws -> SetCookie {
        let name = try wayOutName(state, exchange)
        let now = flow.clock.now()
        let lifetime = CheckCookies.standardLifetime
        let sealed = try checks.seal(
            exchange.callbackURL, provider: provider, cookieName: name, at: now, lifetime: lifetime,
            random: flow.random)
        return SetCookie(
            exchange.cookies.state, name: name, value: sealed, maxAge: lifetime, expires: now + lifetime)
    }

    /// As the cookie of a sign-in's state, but under a name of its own.
    private func wayOutName(_ state: String, _ exchange: Exchange) throws -> String {
        "\(exchange.cookies.state.name)-out.\(try checks.label(ofState: state))"
    }

    /// `POST backchannel-logout/{provider}`: a provider says that somebody has signed out there (OpenID Connect
    /// Back-Channel Logout 1.0, sections 2.5 to 2.8). From the provider itself, not from a browser: no cookie is looked
    /// at and none is set.
    ///
    /// 200 when all that the token names has ended; 400 for everything else, as the standard has it, also where the
    /// store cannot be asked: the provider may send it again.
    func takeLogoutToken(_ id: String, _ exchange: Exchange) async -> Answer {
        guard let provider = flow.logoutProvider(id) else {
            return Self.logoutRefused("invalid_request", "No logout tokens are taken from a provider of this name.")
        }
        guard let token = exchange.request.body["logout_token"]?.string, !token.isEmpty else {
            return Self.logoutRefused("invalid_request", "There is no logout_token in the form.")
        }
        do {
            switch try await flow.endAtProvider(provider, logoutToken: token) {
            case .done: return Self.unstored(Answer(.nothing))
            case .used: return Self.logoutRefused("invalid_request", "This logout token has been used before.")
            case .refused(let reason):
                flow.logger.warning(
                    "logout token refused", metadata: ["provider": "\(id)", "reason": "\(reason)"])
                return Self.logoutRefused("invalid_request", "This is no logout token that counts here.")
            }
        } catch {
            flow.logger.error("logout failed", metadata: ["provider": "\(id)", "error": "\(type(of: error))"])
            return Self.logoutRefused("logout_failed", "The sessions could not be ended now: try again.")
        }
    }

    private static func logoutRefused(_ code: String, _ description: String) -> Answer {
        let body: JSONObject = ["error": .string(code), "error_description": .string(description)]
        return unstored(.json(body, status: .badRequest))
    }

    private static func unstored(_ answer: Answer) -> Answer {
        var answer = answer
        answer.headers[.cacheControl] = "no-store"
        return answer
    }
}
