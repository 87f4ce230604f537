import HTTPTypes
import JSON
import Logging
import TesseraCore
import TesseraPages
import TesseraRuntime
import TesseraTokens

extension AuthAPI {
    /// `POST signin/{provider}`: sends the browser where the provider wants it (contract 5.2). Without a provider, which
    /// is where a POST of the application's own ends that needs a session, to the sign-in page.
    func beginSignIn(_ id: String?, _ exchange: Exchange) async throws -> Answer {
        guard exchange.isCSRFVerified, let provider = id.flatMap(provider) else {
            return exchange.adding(to: Answer(.redirect("\(exchange.url)/signin?csrf=true")))
        }
        switch provider {
        case .credentials: return exchange.adding(to: Answer(.redirect("\(exchange.url)/signin")))
        case .email(let provider): return try await requestLink(provider, exchange)
        case .redirecting(let provider): return try await begin(provider, exchange)
        }
    }

    /// Sends the browser to a provider.
    ///
    /// - Parameter link: the session that the account is to be linked in; `nil` for a sign-in.
    func begin(
        _ provider: any RedirectingProvider, link: SessionID? = nil, _ exchange: Exchange
    ) async throws -> Answer {
        let begin: RedirectBegin
        do {
            begin = try await provider.begin(
                exchange.request.signInRequest, callbackURL: "\(exchange.url)/callback/\(provider.id)")
        } catch {
            logFailure("sign-in could not begin", "SIGNIN_OAUTH_ERROR", provider.id, error)
            return exchange.adding(to: errorRedirect("OAuthSignin", exchange))
        }
        var checks = begin.checks
        checks[.link] = link.map { "\($0)" }
        let kept = RedirectBegin(url: begin.url, state: begin.state, checks: checks)
        let cookies = try checkCookies(kept, provider: provider, exchange)
        return exchange.adding(cookies, to: Answer(.redirect(begin.url)))
    }

    /// `callback/{provider}`: the end of a sign-in (contract 5.3, 5.6).
    func finishSignIn(_ id: String, isPost: Bool, _ exchange: Exchange) async throws -> Answer {
        guard let provider = provider(id) else {
            return Answer(.text("Error: There is no provider of this name"), status: .badRequest)
        }
        switch provider {
        case .credentials(let provider):
            guard isPost else {
                return Answer(
                    .text("Error: Callback for provider type credentials is not supported with GET"),
                    status: .badRequest)
            }
            guard exchange.isCSRFVerified else {
                return exchange.adding(to: Answer(.redirect("\(exchange.url)/signin?csrf=true")))
            }
            let result = try await attempt(exchange) {
                try await flow.signIn(with: provider, exchange.request.signInRequest, previous: exchange.token)
            }
            return try answer(result, provider: provider.id, exchange)
        case .redirecting(let provider):
            return isPost ? try comeAgain(provider, exchange) : try await finish(provider, exchange)
        case .email(let provider):
            return isPost ? try await followLink(provider, exchange) : showLink(provider, exchange)
        }
    }

    private func finish(_ provider: any RedirectingProvider, _ exchange: Exchange) async throws -> Answer {
        let request = requestThatEnds(provider, exchange)
        let (kept, cleared) = readChecks(of: request, provider: provider, exchange)
        let link = kept[.link]
        let values = kept.filter { $0.key != .link }
        let callbackURL = "\(exchange.url)/callback/\(provider.id)"
        do {
            let result = try await attempt(exchange) {
                if let link {
                    try await flow.linkAccount(
                        with: provider, request, checks: values, callbackURL: callbackURL,
                        presented: exchange.token, askedIn: link)
                } else {
                    try await flow.signIn(
                        with: provider, request, checks: values, callbackURL: callbackURL,
                        previous: exchange.token)
                }
            }
            var answer =
                if link != nil, case .success(.notLinked(.accountOfAnother)) = result {
                    exchange.adding(to: accountRedirect(.accountTaken, exchange))
                } else {
                    try answer(result, provider: provider.id, exchange)
                }
            answer.cookies = cleared + answer.cookies
            return answer
        } catch let error as FlowError {
            throw error
        } catch {
            let failure = error as? SignInFailure
            if failure?.code == .profile {
                logFailure("profile names no user", "OAUTH_PARSE_PROFILE_ERROR", provider.id, error)
                return exchange.adding(to: Answer(.redirect("\(exchange.url)/signin")))
            }
            logFailure("sign-in could not be finished", "OAUTH_CALLBACK_ERROR", provider.id, error)
            if link != nil { return exchange.adding(to: accountRedirect(.linkFailed, exchange)) }
            var code = failure?.code.rawValue ?? "OAuthCallback"
            if let reason = failure?.reason { code += "&reason=\(reason.rawValue)" }
            return exchange.adding(to: errorRedirect(code, exchange))
        }
    }

    /// What went wrong in a provider's own terms, where it says so; of other errors only their type.
    private func logFailure(_ what: Logger.Message, _ code: String, _ provider: String, _ error: any Error) {
        var metadata: Logger.Metadata = [
            "code": "\(code)", "provider": "\(provider)", "error": "\(type(of: error))",
        ]
        if let failure = error as? SignInFailure {
            metadata["error"] = "\(failure.cause)"
            metadata["reason"] = "\(failure.message)"
        }
        flow.logger.error(what, metadata: metadata)
    }

    /// A failing `authorize` or callback of the application leads to the error page; a store that cannot be asked is
    /// an error of its own.
    func attempt(
        _ exchange: Exchange, _ body: () async throws -> RequestFlow.SignInResult
    ) async throws -> Result<RequestFlow.SignInResult, FlowError> {
        do {
            return .success(try await body())
        } catch let error as FlowError {
            switch error.code {
            case .callbackFailed, .invalidUser: return .failure(error)
            case .unavailable, .overloaded: throw error
            }
        }
    }

    func answer(
        _ result: Result<RequestFlow.SignInResult, FlowError>, provider: String, _ exchange: Exchange
    ) throws -> Answer {
        switch result {
        case .failure:
            return exchange.adding(to: errorRedirect("Callback", exchange, status: .serviceUnavailable))
        case .success(.wrongCredentials):
            let target = "\(exchange.url)/error?error=CredentialsSignin&provider=\(PercentEncoding.encode(provider))"
            return exchange.adding(to: Answer(.redirect(target), status: .unauthorized))
        case .success(.denied):
            return exchange.adding(to: errorRedirect("AccessDenied", exchange, status: .forbidden))
        case .success(.rejected(let message)):
            return exchange.adding(to: errorRedirect(PercentEncoding.encode(message), exchange, status: .unauthorized))
        case .success(.redirect(let target)):
            return exchange.adding(to: Answer(.redirect(target)))
        case .success(.notLinked(.notRecent)):
            return exchange.adding(to: errorRedirect("RecentSignInRequired", exchange, status: .forbidden))
        case .success(.notLinked):
            return exchange.adding(to: errorRedirect("OAuthAccountNotLinked", exchange))
        case .success(.linked):
            return exchange.adding(to: accountRedirect(.accountLinked, exchange))
        case .success(.badLink):
            return exchange.adding(to: errorRedirect("Verification", exchange, status: .forbidden))
        case .success(.tooManyAttempts(let wait)):
            return exchange.adding(to: tooManyAttempts(wait, exchange))
        case .success(.signedIn(let session, let isNewUser)):
            return try signedIn(session, isNewUser: isNewUser, exchange)
        }
    }

    private func signedIn(_ session: ActiveSession, isNewUser: Bool?, _ exchange: Exchange) throws -> Answer {
        var target = exchange.callbackURL
        if isNewUser == true, let page = settings.pages.newUser {
            target = page.appendingQuery("callbackUrl=\(PercentEncoding.encode(target))")
        }
        var cookies = [try newCSRFCookie(exchange)]
        if let token = session.replacement {
            cookies += exchange.sessionCookie.write(
                token.text, expires: token.expires, replacing: exchange.request.cookies)
        }
        return exchange.adding(cookies, to: Answer(.redirect(target)))
    }

    /// A fresh CSRF token, for whoever signs in or out: the one before may be known to others.
    func newCSRFCookie(_ exchange: Exchange) throws -> SetCookie {
        SetCookie(exchange.cookies.csrfToken, value: try csrf.cookieValue(for: csrf.make(random: flow.random)))
    }

    /// Too much of something: the sign-in page says so; a program sees the status and when to try again.
    func tooManyAttempts(_ wait: Duration, _ exchange: Exchange) -> Answer {
        var answer = errorRedirect("TooManyAttempts", exchange, status: .tooManyRequests)
        answer.headers[.retryAfter] = "\(max(wait.wholeSeconds + 1, 1))"
        return answer
    }

    func errorRedirect(_ code: String, _ exchange: Exchange, status: HTTPResponse.Status? = nil) -> Answer {
        Answer(.redirect("\(exchange.url)/error?error=\(code)"), status: status)
    }

    func provider(_ id: String) -> SignInProvider? { flow.settings.providers.first { $0.id == id } }
}

extension String {
    /// This URL with one more parameter.
    func appendingQuery(_ pair: String) -> String { self + (utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + pair }
}
