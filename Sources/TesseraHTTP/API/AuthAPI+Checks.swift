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
            let cookie = exchange.cookies.check(check)
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
        return cookies
    }

    /// The values of this sign-in's check cookies, and the deletions for when it has succeeded.
    func readChecks(
        of request: SignInRequest, provider: any RedirectingProvider, _ exchange: Exchange
    ) -> (values: [SignInCheck: String], cleared: [SetCookie]) {
        let state = provider.state(in: request)
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
        return (values, cleared)
    }
}

extension CookieSettings {
    /// The cookie for a check.
    func check(_ check: SignInCheck) -> Cookie {
        switch check {
        case .link:
            // As the state, but under a name of its own.
            Cookie(
                name: state.name + "-link", httpOnly: state.httpOnly, sameSite: state.sameSite, path: state.path,
                domain: state.domain, secure: state.secure, maxAge: state.maxAge)
        case .state: state
        case .nonce: nonce
        case .pkceCodeVerifier: pkceCodeVerifier
        }
    }
}
