import HTTPTypes
import JSON
import Logging
import TesseraCore
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
        case .redirecting(let provider):
            let begin: RedirectBegin
            do {
                begin = try await provider.begin(
                    exchange.request.signInRequest, callbackURL: "\(exchange.url)/callback/\(provider.id)")
            } catch {
                flow.logger.error(
                    "sign-in could not begin",
                    metadata: [
                        "code": "SIGNIN_OAUTH_ERROR", "provider": "\(provider.id)", "error": "\(type(of: error))",
                    ])
                return exchange.adding(to: errorRedirect("OAuthSignin", exchange))
            }
            let cookies = try checkCookies(begin, provider: provider.id, exchange)
            return exchange.adding(cookies, to: Answer(.redirect(begin.url)))
        }
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
            return try await finish(provider, exchange)
        }
    }

    private func finish(_ provider: any RedirectingProvider, _ exchange: Exchange) async throws -> Answer {
        let (values, cleared) = readChecks(provider: provider.id, exchange)
        do {
            let result = try await attempt(exchange) {
                try await flow.signIn(
                    with: provider, exchange.request.signInRequest, checks: values,
                    callbackURL: "\(exchange.url)/callback/\(provider.id)", previous: exchange.token)
            }
            var answer = try answer(result, provider: provider.id, exchange)
            answer.cookies = cleared + answer.cookies
            return answer
        } catch let error as FlowError {
            throw error
        } catch {
            flow.logger.error(
                "sign-in could not be finished",
                metadata: ["code": "OAUTH_CALLBACK_ERROR", "provider": "\(provider.id)", "error": "\(type(of: error))"])
            return exchange.adding(to: errorRedirect("OAuthCallback", exchange))
        }
    }

    /// A failing `authorize` or callback of the application leads to the error page; a store that cannot be asked is
    /// an error of its own.
    private func attempt(
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

    private func answer(
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

    func errorRedirect(_ code: String, _ exchange: Exchange, status: HTTPResponse.Status? = nil) -> Answer {
        Answer(.redirect("\(exchange.url)/error?error=\(code)"), status: status)
    }

    func provider(_ id: String) -> SignInProvider? { flow.settings.providers.first { $0.id == id } }
}

extension String {
    /// This URL with one more parameter.
    func appendingQuery(_ pair: String) -> String { self + (utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + pair }
}
