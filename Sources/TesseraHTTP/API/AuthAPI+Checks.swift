import JSON
import TesseraCore
import TesseraRuntime
import TesseraTokens

extension AuthAPI {
    /// The most sign-ins of one browser that are kept under way; beginning another drops what it sent of older ones.
    private static let parallelSignIns = 5

    /// Seals what a provider wants to find again in cookies of their own for this sign-in, so that several sign-ins of
    /// one browser do not get into each other's way (contract 2.5).
    func checkCookies(
        _ begin: RedirectBegin, provider: any RedirectingProvider, _ exchange: Exchange
    ) throws -> [SetCookie] {
        let now = flow.clock.now()
        let label = try checks.label(ofState: begin.state)
        var cookies: [SetCookie] = []
        for check in SignInCheck.allCases {
            guard let value = begin.checks[check] else { continue }
            let cookie = exchange.cookies.check(check).crossSite(provider.comesBackByPost)
            let fullName = "\(cookie.name).\(label)"
            let lifetime = cookie.maxAge ?? CheckCookies.standardLifetime
            let sealed = try checks.seal(
                value, provider: provider.id, cookieName: fullName, at: now, lifetime: lifetime, random: flow.random)
            // Like NextAuth.js, the nonce goes without Max-Age.
            cookies.append(
                SetCookie(
                    cookie, name: fullName, value: sealed, maxAge: check == .nonce ? nil : lifetime,
                    expires: now + lifetime))
            let others = exchange.request.cookies.names(startingWith: "\(cookie.name).")
            if others.count >= Self.parallelSignIns {
                cookies += others.map { SetCookie(deleting: cookie, name: $0) }
            }
        }
        if provider.comesBackByPost {
            // The way on afterwards is needed then, too.
            cookies.append(SetCookie(exchange.cookies.callbackURL.crossSite(true), value: exchange.callbackURL))
        }
        return cookies
    }

    /// The values of this sign-in's check cookies, and the deletions for when it has succeeded.
    func readChecks(
        provider: any RedirectingProvider, _ exchange: Exchange
    ) -> (values: [SignInCheck: String], cleared: [SetCookie]) {
        let state = provider.state(in: exchange.request.signInRequest)
        guard let state, let label = try? checks.label(ofState: state) else { return ([:], []) }
        var values: [SignInCheck: String] = [:]
        var cleared: [SetCookie] = []
        for check in SignInCheck.allCases {
            let cookie = exchange.cookies.check(check)
            let fullName = "\(cookie.name).\(label)"
            guard let sealed = exchange.request.cookies[fullName] else { continue }
            values[check] = checks.open(sealed, provider: provider.id, cookieName: fullName, at: flow.clock.now())
            cleared.append(SetCookie(deleting: cookie, name: fullName))
        }
        // From now on it is sent as strictly as ever.
        if provider.comesBackByPost {
            cleared.append(SetCookie(exchange.cookies.callbackURL, value: exchange.callbackURL))
        }
        return (values, cleared)
    }
}

extension CookieSettings.Cookie {
    /// This cookie as it has to be to come with a form that another site posts; itself where there is no need.
    func crossSite(_ isNeeded: Bool) -> Self {
        guard isNeeded else { return self }
        var cookie = self
        cookie.sameSite = CookieSettings.SameSite.none
        cookie.secure = true
        return cookie
    }
}

extension CookieSettings {
    /// The cookie for a check.
    func check(_ check: SignInCheck) -> Cookie {
        switch check {
        case .state: state
        case .nonce: nonce
        case .pkceCodeVerifier: pkceCodeVerifier
        }
    }
}
