import HTTPTypes
import JSON
import TesseraCore
import TesseraPages
import TesseraRuntime
import TesseraTokens

extension AuthAPI {
    /// Headers of every page: no script, no frame, no cache.
    static func headers(of pages: PageRenderer) throws -> HTTPFields {
        let hash = try ContentDigest.sha256Base64(pages.stylesheet)
        var headers: HTTPFields = [
            .contentSecurityPolicy: pages.contentSecurityPolicy(stylesheetSHA256Base64: hash),
            .cacheControl: "private, no-cache, no-store",
        ]
        headers[.xFrameOptions] = "DENY"
        headers[.referrerPolicy] = "same-origin"
        return headers
    }

    func page(_ html: String, status: HTTPResponse.Status? = nil) -> Answer {
        Answer(.html(html), status: status, headers: pageHeaders)
    }

    /// `GET signin`: the page, or the application's own (contract 6.4). Of the query only `error` and `email` count.
    func showSignIn(_ exchange: Exchange) -> Answer {
        let error = exchange.request.query("error")
        if let own = settings.pages.signIn {
            var target = own.appendingQuery("callbackUrl=\(PercentEncoding.encode(exchange.callbackURL))")
            if let error { target = target.appendingQuery("error=\(PercentEncoding.encode(error))") }
            return exchange.adding(to: Answer(.redirect(target)))
        }
        let email = exchange.request.query("email") ?? ""
        let page = SignInPage(
            site: exchange.site, errorCode: error, errorReason: exchange.request.query("reason"),
            providers: flow.settings.providers.map { shown($0, base: exchange.url, email: email) },
            csrfToken: exchange.csrfToken, callbackURL: exchange.callbackURL)
        return exchange.adding(to: self.page(pages.signIn(page)))
    }

    private func shown(_ provider: SignInProvider, base: PublicURL, email: String) -> SignInPage.Provider {
        let signInURL = "\(base)/signin/\(provider.id)"
        switch provider {
        case .credentials(let credentials):
            return .credentials(
                SignInPage.CredentialsProvider(
                    id: provider.id, name: provider.name, callbackURL: "\(base)/callback/\(provider.id)",
                    fields: credentials.fields.map { field in
                        CredentialsField(
                            name: field.name, label: field.label, type: field.type,
                            placeholder: field.placeholder ?? "", autocomplete: field.autocomplete)
                    }))
        case .redirecting(let redirecting):
            switch redirecting.type {
            case .email:
                return .email(
                    SignInPage.EmailProvider(
                        id: provider.id, name: provider.name, signInURL: signInURL, address: email))
            case .oauth, .credentials:
                return .oauth(
                    SignInPage.OAuthProvider(id: provider.id, name: provider.name, signInURL: signInURL))
            }
        case .email:
            return .email(
                SignInPage.EmailProvider(
                    id: provider.id, name: provider.name, signInURL: signInURL, address: email))
        }
    }

    /// `GET signout`: asks before it is done, or the application's own page, verbatim.
    ///
    /// The user is asked about the provider that his session was begun at where that is left to him.
    func showSignOut(_ exchange: Exchange) async -> Answer {
        if let own = settings.pages.signOut { return exchange.adding(to: Answer(.redirect(own))) }
        var elsewhere = await flow.signOutElsewhere(exchange.token)?.provider
        if let provider = elsewhere, await !provider.canSignOut() { elsewhere = nil }
        let page = SignOutPage(
            site: exchange.site, signOutURL: "\(exchange.url)/signout", csrfToken: exchange.csrfToken,
            elsewhere: elsewhere.map { SignOutPage.Elsewhere(providerName: $0.name, isChoice: $0.signOut == .ask) })
        return exchange.adding(to: self.page(pages.signOut(page)))
    }

    func showVerifyRequest(_ exchange: Exchange) -> Answer {
        if let own = settings.pages.verifyRequest { return exchange.adding(to: Answer(.redirect(own))) }
        let mailbox = settings.mailboxPath.map { "\(exchange.url.origin)\($0)" }
        return exchange.adding(
            to: page(pages.verifyRequest(VerifyRequestPage(site: exchange.site, mailboxURL: mailbox))))
    }

    /// `GET error`: errors of signing in go to the sign-in page, others to the application's page or the built-in one
    /// (contract 6.2). The code is the query's `error`, or else the second segment of the path.
    func showError(_ exchange: Exchange, errorInPath: String?) -> Answer {
        let code = exchange.request.query("error") ?? errorInPath
        if let code, Self.signInErrors.contains(code) {
            var target = "\(exchange.url)/signin?error=\(code)"
            // Of the rest of the query only what a provider may have said goes on.
            if let reason = exchange.request.query("reason").flatMap({ ProviderErrorReason(rawValue: $0) }) {
                target += "&reason=\(reason.rawValue)"
            }
            return exchange.adding(to: Answer(.redirect(target)))
        }
        if let own = settings.pages.error {
            let target = own.appendingQuery("error=\(PercentEncoding.encode(code ?? "Default"))")
            return exchange.adding(to: Answer(.redirect(target)))
        }
        let kind = ErrorPage.Kind(code: code)
        let page = ErrorPage(kind: kind, site: exchange.site, signInURL: "\(exchange.url)/signin")
        return exchange.adding(to: self.page(pages.error(page), status: HTTPResponse.Status(code: kind.status)))
    }

    private static let signInErrors: Set<String> = [
        "Signin", "OAuthSignin", "OAuthCallback", "OAuthCreateAccount", "EmailCreateAccount", "Callback",
        "OAuthAccountNotLinked", "EmailSignin", "CredentialsSignin", "SessionRequired", "TooManyAttempts",
        "RecentSignInRequired",
    ]

    /// `GET account`: who is signed in, and where; with buttons to end that.
    func showAccount(_ exchange: Exchange) async throws -> Answer {
        let authentication = try await flow.authenticate(exchange.token, from: exchange.request.origin)
        let cookies = exchange.sessionCookies(authentication)
        guard case .active(let session) = authentication else {
            return exchange.adding(cookies, to: signInFirst(exchange))
        }
        let sessions = try await flow.sessions(of: session.token.user)
        let now = flow.clock.now().seconds
        let page = AccountPage(
            site: exchange.site, name: session.token.claims["name"]?.string,
            email: session.token.claims["email"]?.string,
            sessions: sessions.map { shown($0, current: session.token.session, base: exchange.url, now: now) },
            ways: try await ways(of: session.token.user, exchange),
            notice: exchange.request.query("done").flatMap { AccountNotice(rawValue: $0) },
            endOthersURL: "\(exchange.url)/sessions/revoke-others", signOutURL: "\(exchange.url)/signout",
            csrfToken: exchange.csrfToken)
        return exchange.adding(cookies, to: self.page(pages.account(page)))
    }

    private func shown(
        _ session: SessionRecord, current: SessionID, base: PublicURL, now: Int64
    ) -> AccountPage.Session {
        AccountPage.Session(
            device: session.device.name, network: session.device.network,
            created: .date(secondsSince1970: session.createdAt.seconds),
            lastSeen: .ago(secondsSince1970: session.lastSeenAt.seconds, now: now),
            isCurrent: session.id == current, endURL: "\(base)/sessions/\(session.id)/end")
    }
}

extension Exchange {
    /// The site as the pages name it.
    var site: PageSite { PageSite(request.url) }
}

extension PageSite {
    init(_ url: PublicURL) {
        let origin = "\(url.origin)"
        self.init(host: String(origin.drop { $0 != "/" }.dropFirst(2)), url: origin)
    }
}

extension HTTPField.Name {
    static let xFrameOptions = HTTPField.Name.known("X-Frame-Options")
    static let referrerPolicy = HTTPField.Name.known("Referrer-Policy")
}
