import HTTPTypes
import JSON
import TesseraCore
import TesseraPages
import TesseraRuntime
import TesseraTokens

/// The ways in of who is signed in, and the access tokens that come with them (beyond NextAuth.js).
extension AuthAPI {
    /// `GET accounts`: mine, the first one linked first.
    func listAccounts(_ exchange: Exchange) async throws -> Answer {
        try await forUser(exchange) { session in
            let ways = try await flow.waysIn(of: session.token.user)
            var answer = Answer.json(["accounts": .array(ways.map { .object($0.description) })])
            answer.forbidStoring()
            return answer
        }
    }

    /// `POST accounts/{provider}/link`: sends the browser to a provider, whose account becomes another way in.
    ///
    /// Only from a browser: the journey is kept in its cookies.
    func beginLink(_ id: String, _ exchange: Exchange) async throws -> Answer {
        guard exchange.isCSRFVerified else { return csrfRefused(exchange) }
        guard flow.settings.accounts != nil, case .redirecting(let provider) = self.provider(id) else {
            return exchange.adding(to: Self.providerNotFound)
        }
        return try await forUser(exchange) { session in
            guard flow.isRecent(session) else { return recentRequired(exchange) }
            return try await begin(provider, link: session.token.session, exchange)
        }
    }

    /// `POST accounts/{provider}/unlink` with the field `account`: takes a way in away, unless it is the last one.
    func unlink(_ id: String, _ exchange: Exchange) async throws -> Answer {
        guard exchange.mayChange else { return csrfRefused(exchange) }
        return try await forUser(exchange) { session in
            let name = exchange.request.body["account"]?.string ?? ""
            guard let key = AccountKey(provider: id, providerAccountID: name) else { return Self.accountNotFound }
            switch try await flow.unlink(key, for: session) {
            case .unlinked:
                return exchange.isForm
                    ? accountRedirect(.accountUnlinked, exchange) : Answer(.nothing, status: .noContent)
            case .lastWayIn:
                return exchange.isForm ? accountRedirect(.lastWayIn, exchange) : Self.lastWayIn
            case .notFound: return Self.accountNotFound
            case .notRecent: return recentRequired(exchange)
            }
        }
    }

    /// `GET accounts/{provider}/token`: a valid access token of mine, refreshed where that is due.
    ///
    /// The query's `account` says which, where there are several accounts with the provider.
    func giveAccessToken(_ id: String, _ exchange: Exchange) async throws -> Answer {
        try await forUser(exchange) { session in
            var answer: Answer
            let result = try await flow.accessToken(
                of: session.token.user, provider: id, account: exchange.request.query("account"))
            switch result {
            case .token(let token): answer = .json(token.description)
            case .unknownAccount: answer = Self.accountNotFound
            case .reauthenticate: answer = Self.reauthenticationRequired
            case .unavailable: answer = Self.providerUnavailable
            }
            answer.forbidStoring()
            return answer
        }
    }

    /// Back to the account page, with a notice.
    func accountRedirect(_ notice: AccountNotice, _ exchange: Exchange) -> Answer {
        Answer(.redirect("\(exchange.url)/account?done=\(notice.rawValue)"))
    }

    /// What the account page shows of the ways in; `nil` where users are kept nowhere.
    func ways(of user: UserID, _ exchange: Exchange) async throws -> AccountPage.Ways? {
        guard flow.settings.accounts != nil else { return nil }
        let ways = try await flow.waysIn(of: user)
        return AccountPage.Ways(
            linked: ways.map { way in
                let provider = PercentEncoding.encode(way.key.provider)
                return AccountPage.Way(
                    providerName: self.provider(way.key.provider)?.name ?? way.key.provider,
                    account: way.key.providerAccountID, linked: .date(secondsSince1970: way.linkedAt.seconds),
                    unlinkURL: way.mayBeUnlinked ? "\(exchange.url)/accounts/\(provider)/unlink" : nil)
            },
            available: flow.settings.providers.compactMap { provider in
                guard case .redirecting = provider, !ways.contains(where: { $0.key.provider == provider.id }) else {
                    return nil
                }
                return AccountPage.Available(
                    id: provider.id, providerName: provider.name,
                    linkURL: "\(exchange.url)/accounts/\(PercentEncoding.encode(provider.id))/link")
            })
    }

    private func recentRequired(_ exchange: Exchange) -> Answer {
        guard exchange.isForm else { return Self.recentSignInRequired }
        let back = PercentEncoding.encode("\(exchange.url.basePath)/account")
        return Answer(.redirect("\(exchange.url)/signin?callbackUrl=\(back)&error=RecentSignInRequired"))
    }

    private static let providerNotFound = Answer.error(
        "provider_not_found", "There is no provider of this name whose accounts can be linked.", status: .notFound)
    private static let accountNotFound = Answer.error(
        "account_not_found", "You have no such account.", status: .notFound)
    private static let lastWayIn = Answer.error(
        "last_way_in", "It is your only way to sign in: link another one first.", status: .conflict)
    private static let recentSignInRequired = Answer.error(
        "recent_sign_in_required", "Sign in again first.", status: .forbidden)
    private static let reauthenticationRequired = Answer.error(
        "reauthentication_required", "The provider gives no more tokens: sign in there again.", status: .conflict)
    private static let providerUnavailable = Answer.error(
        "provider_unavailable", "The provider does not answer: try again.", status: .serviceUnavailable)
}

extension RequestFlow.WayIn {
    /// A way in as its user's programs see it.
    fileprivate var description: JSONObject {
        [
            "provider": .string(key.provider), "account": .string(key.providerAccountID),
            "linked": .string(linkedAt.iso8601), "unlinkable": .bool(mayBeUnlinked),
        ]
    }
}

extension RequestFlow.AccessToken {
    /// An access token as its user's application gets it.
    fileprivate var description: JSONObject {
        var object: JSONObject = [
            "provider": .string(account.provider), "account": .string(account.providerAccountID),
            "accessToken": .string(text), "tokenType": .string(type),
        ]
        object["scope"] = scope.map(JSONValue.string)
        object["expires"] = expires.map { .string($0.iso8601) }
        return object
    }
}
