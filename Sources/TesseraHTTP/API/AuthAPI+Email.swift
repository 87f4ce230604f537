import HTTPTypes
import JSON
import TesseraCore
import TesseraPages
import TesseraRuntime
import TesseraTokens

/// Links in e-mails (contract 5.5). Opening a link shows a page; its button, a POST, uses the link up.
extension AuthAPI {
    /// `POST signin/{email}`: sends a link.
    func requestLink(_ provider: EmailProvider, _ exchange: Exchange) async throws -> Answer {
        let target = RequestFlow.LinkTarget(
            callbackURL: "\(exchange.url)/callback/\(provider.id)", returnURL: exchange.callbackURL,
            host: exchange.site.host, encode: { PercentEncoding.encode($0) })
        let result: RequestFlow.LinkRequestResult
        do {
            result = try await flow.requestLink(
                with: provider, address: exchange.request.body["email"]?.string, to: target,
                from: exchange.request.origin)
        } catch let error as FlowError where error.code == .callbackFailed {
            return exchange.adding(to: errorRedirect("Callback", exchange, status: .serviceUnavailable))
        }
        switch result {
        case .sent(let hint):
            let target =
                "\(exchange.url)/verify-request?provider=\(PercentEncoding.encode(provider.id))&type=email"
            let cookies = try hintCookies(hint, provider: provider.id, exchange)
            return exchange.adding(cookies, to: Answer(.redirect(target)))
        case .invalidAddress, .notSent: return exchange.adding(to: errorRedirect("EmailSignin", exchange))
        case .denied: return exchange.adding(to: errorRedirect("AccessDenied", exchange, status: .forbidden))
        case .redirect(let url): return exchange.adding(to: Answer(.redirect(url)))
        case .rejected(let message):
            return exchange.adding(to: errorRedirect(PercentEncoding.encode(message), exchange, status: .unauthorized))
        case .tooManyAttempts(let wait): return exchange.adding(to: tooManyAttempts(wait, exchange))
        }
    }

    /// `GET callback/{email}`: asks before the link is used up. Nothing is looked up here, so whoever opens the address
    /// learns nothing, and a program that follows every link does no harm.
    func showLink(_ provider: EmailProvider, _ exchange: Exchange) -> Answer {
        guard let token = exchange.request.query("token"), !token.isEmpty else {
            return exchange.adding(to: errorRedirect("configuration", exchange))
        }
        let address = exchange.request.query("email") ?? ""
        let page = FollowLinkPage(
            site: exchange.site, action: "\(exchange.url)/callback/\(provider.id)", address: address, token: token,
            callbackURL: exchange.callbackURL,
            isElsewhere: hint(token, provider: provider.id, exchange) != address, csrfToken: exchange.csrfToken)
        return exchange.adding(to: self.page(pages.followLink(page)))
    }

    /// `POST callback/{email}`: signs in. With the CSRF token, so that no other site signs somebody in as another.
    func followLink(_ provider: EmailProvider, _ exchange: Exchange) async throws -> Answer {
        let request = exchange.request
        guard let token = request.body["token"]?.string ?? request.query("token"), !token.isEmpty else {
            return exchange.adding(to: errorRedirect("configuration", exchange))
        }
        let address = request.body["email"]?.string ?? request.query("email")
        guard exchange.isCSRFVerified else {
            // Back to the question; the link is as good as before.
            let query =
                "callbackUrl=\(PercentEncoding.encode(exchange.callbackURL))&token=\(PercentEncoding.encode(token))"
                + "&email=\(PercentEncoding.encode(address ?? ""))"
            return exchange.adding(to: Answer(.redirect("\(exchange.url)/callback/\(provider.id)?\(query)")))
        }
        let result = try await attempt(exchange) {
            try await flow.followLink(
                with: provider, token: token, address: address, from: request.origin, previous: exchange.token)
        }
        var answer = try answer(result, provider: provider.id, exchange)
        answer.cookies.append(try SetCookie(deleting: exchange.cookies.hint, name: hintName(token, exchange)))
        return answer
    }

    // MARK: The browser that asked

    private func hintName(_ token: String, _ exchange: Exchange) throws -> String {
        "\(exchange.cookies.hint.name).\(try checks.label(ofState: token))"
    }

    /// A cookie by which this browser is told apart from others that open the link.
    private func hintCookies(
        _ hint: RequestFlow.LinkHint, provider: String, _ exchange: Exchange
    ) throws -> [SetCookie] {
        let now = flow.clock.now()
        let name = try hintName(hint.token, exchange)
        let sealed = try checks.seal(
            hint.identifier, provider: provider, cookieName: name, at: now, lifetime: hint.lifetime,
            random: flow.random)
        let cookie = exchange.cookies.hint
        let others = exchange.request.cookies.names(startingWith: "\(cookie.name).")
        let dropped = others.count >= 5 ? others.map { SetCookie(deleting: cookie, name: $0) } : []
        return dropped + [
            SetCookie(cookie, name: name, value: sealed, maxAge: hint.lifetime, expires: now + hint.lifetime)
        ]
    }

    /// The address that this browser asked for the link with; `nil` where it did not.
    private func hint(_ token: String, provider: String, _ exchange: Exchange) -> String? {
        guard let name = try? hintName(token, exchange), let sealed = exchange.request.cookies[name] else {
            return nil
        }
        return checks.open(sealed, provider: provider, cookieName: name, at: flow.clock.now())
    }
}

extension CookieSettings {
    /// The cookie of a browser that asked for a link: as the state, under a name of its own.
    fileprivate var hint: Cookie {
        Cookie(
            name: state.name + "-mail", httpOnly: state.httpOnly, sameSite: state.sameSite, path: state.path,
            domain: state.domain, secure: state.secure, maxAge: nil)
    }
}
