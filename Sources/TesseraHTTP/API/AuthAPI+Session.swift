import HTTPTypes
import JSON
import TesseraCore
import TesseraRuntime
import TesseraTokens

extension AuthAPI {
    func listProviders(_ exchange: Exchange) -> Answer {
        var providers = JSONObject()
        for provider in flow.settings.providers {
            providers[provider.id] = [
                "id": .string(provider.id), "name": .string(provider.name), "type": .string(provider.type.rawValue),
                "signinUrl": .string("\(exchange.url)/signin/\(provider.id)"),
                "callbackUrl": .string("\(exchange.url)/callback/\(provider.id)"),
            ]
        }
        return .json(providers)
    }

    func giveCSRFToken(_ exchange: Exchange) -> Answer {
        var answer = Answer.json(["csrfToken": .string(exchange.csrfToken)])
        answer.forbidStoring()
        return exchange.adding(to: answer)
    }

    /// The session of the browser, `{}` where there is none (contract 4.3).
    func readSession(_ exchange: Exchange) async throws -> Answer {
        let authentication = try await flow.authenticate(exchange.token, from: exchange.request.origin)
        var answer = try await sessionAnswer(authentication, exchange)
        answer.forbidStoring()
        return answer
    }

    /// Changes the session by what the browser sent, as the `jwt` callback sees fit (contract 4.5).
    func updateSession(_ exchange: Exchange) async throws -> Answer {
        guard exchange.isCSRFVerified else {
            return exchange.adding(to: .json([:], status: .badRequest))
        }
        let authentication = try await flow.update(
            exchange.token, data: exchange.request.body["data"], from: exchange.request.origin)
        return try await sessionAnswer(authentication, exchange)
    }

    private func sessionAnswer(_ authentication: Authentication, _ exchange: Exchange) async throws -> Answer {
        let cookies = exchange.sessionCookies(authentication)
        guard case .active(let session) = authentication else {
            return exchange.adding(cookies, to: .json([:]))
        }
        let body = try await flow.describe(session)
        let answer = Answer(.json(body.serialized()), headers: exchange.bearerHeaders(authentication))
        return exchange.adding(cookies, to: answer)
    }

    /// Keeps the session alive; says nothing more (204).
    func keepAlive(_ exchange: Exchange) async throws -> Answer {
        let authentication = try await flow.authenticate(exchange.token, from: exchange.request.origin)
        let cookies = exchange.sessionCookies(authentication)
        guard case .active = authentication else { return exchange.adding(cookies, to: Self.notSignedIn) }
        let answer = Answer(.nothing, status: .noContent, headers: exchange.bearerHeaders(authentication))
        return exchange.adding(cookies, to: answer)
    }

    static let notSignedIn = Answer.error(
        "not_signed_in", "No session: sign in first.", status: .unauthorized,
        headers: [.cacheControl: "private, no-cache, no-store"])
}
