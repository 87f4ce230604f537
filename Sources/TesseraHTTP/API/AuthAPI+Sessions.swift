import HTTPTypes
import JSON
import TesseraCore
import TesseraPages
import TesseraRuntime
import TesseraTokens

extension AuthAPI {
    /// `GET sessions`: mine, the most recently used first.
    func listSessions(_ exchange: Exchange) async throws -> Answer {
        try await forUser(exchange) { session in
            let sessions = try await flow.sessions(of: session.token.user)
            let list = sessions.map { $0.description(current: session.token.session) }
            var answer = Answer.json(["sessions": .array(list.map(JSONValue.object))])
            answer.forbidStoring()
            return answer
        }
    }

    /// Ends one of my sessions: `DELETE sessions/{sid}`, or the account page's form.
    ///
    /// A DELETE needs no CSRF token: other sites cannot send one with our cookies, and one that names another origin
    /// is refused.
    func endSession(_ id: String, _ exchange: Exchange) async throws -> Answer {
        guard exchange.isOwnDelete || exchange.mayChange else { return csrfRefused(exchange) }
        return try await forUser(exchange) { session in
            let notFound = told(.alreadyEnded, exchange, otherwise: Self.sessionNotFound)
            guard let id = SessionID(id) else { return notFound }
            let result = try await flow.endOwn(id, of: session.token.user)
            guard !result.sessions.isEmpty else { return notFound }
            var answer = told(.sessionEnded, exchange, otherwise: .json(result.description))
            if id == session.token.session { answer.cookies = exchange.sessionCookie.clear(exchange.request.cookies) }
            return answer
        }
    }

    /// `POST sessions/revoke-others`: ends all my sessions but this one.
    func revokeOthers(_ exchange: Exchange) async throws -> Answer {
        guard exchange.mayChange else { return csrfRefused(exchange) }
        return try await forUser(exchange) { session in
            let result = try await flow.endOthers(of: session.token.user, keeping: session.token.session)
            return told(.othersEnded, exchange, otherwise: .json(result.description))
        }
    }

    /// Runs `body` for whoever is signed in, and adds the cookies that his session needs. Everybody else gets 401, or
    /// with a form the sign-in page.
    func forUser(_ exchange: Exchange, _ body: (ActiveSession) async throws -> Answer) async throws -> Answer {
        let authentication = try await flow.authenticate(exchange.token, from: exchange.request.origin)
        guard case .active(let session) = authentication else {
            let answer = exchange.isForm ? signInFirst(exchange) : Self.notSignedIn
            return exchange.adding(exchange.sessionCookies(authentication), to: answer)
        }
        var answer = try await body(session)
        answer.headers.append(contentsOf: exchange.bearerHeaders(authentication))
        // What the body says of the session's cookie counts: it may have ended it.
        let cookies = answer.cookies.isEmpty ? exchange.sessionCookies(authentication) : []
        return exchange.adding(cookies, to: answer)
    }

    /// A form goes back to the account page, which says what became of it; a program gets the facts.
    private func told(_ notice: AccountNotice, _ exchange: Exchange, otherwise facts: Answer) -> Answer {
        exchange.isForm ? Answer(.redirect("\(exchange.url)/account?done=\(notice.rawValue)")) : facts
    }

    private func csrfRefused(_ exchange: Exchange) -> Answer {
        let facts = Answer.error(
            "csrf_token_invalid", "Send the token of GET csrf as csrfToken, with its cookie.", status: .forbidden)
        return exchange.adding(to: told(.formExpired, exchange, otherwise: facts))
    }

    /// To the sign-in page, which leads to the account page.
    func signInFirst(_ exchange: Exchange) -> Answer {
        let back = PercentEncoding.encode("\(exchange.url.basePath)/account")
        return Answer(.redirect("\(exchange.url)/signin?callbackUrl=\(back)"))
    }

    private static let sessionNotFound = Answer.error(
        "session_not_found", "You have no such session.", status: .notFound)
}

extension Exchange {
    /// Whether a change may be made: the CSRF token is repeated, or no cookie is involved at all.
    var mayChange: Bool { isCSRFVerified || !presented.isCookie }

    /// Whether this is a DELETE that no other site can have caused.
    var isOwnDelete: Bool {
        guard request.method == .delete else { return false }
        guard let origin = request.headers[.origin] else { return true }
        return origin == "\(url.origin)"
    }

    /// Whether a person has sent a form, and looks at the answer. Forms know no DELETE, which a redirect would repeat.
    var isForm: Bool { request.method == .post && request.headers.wantPage }
}

extension SessionRecord {
    /// A session as its owner and operators see it.
    func description(current: SessionID?) -> JSONObject {
        var object: JSONObject = [
            "id": .string("\(id)"),
            "device": .string(device.name),
            "network": .string(device.network),
            "created": .string(createdAt.iso8601),
            "lastSeen": .string(lastSeenAt.iso8601),
            "expires": .string(limit.iso8601),
        ]
        if let current { object["current"] = .bool(id == current) }
        return object
    }
}

extension RequestFlow.RevocationResult {
    /// What a revocation came to.
    var description: JSONObject {
        [
            "ended": .array(sessions.map { .string("\($0)") }),
            "committed": .string(durability.rawValue),
        ]
    }
}
