import JSON
import Logging
package import TesseraCore
import TesseraTokens

/// A signed-in user's access tokens at providers, refreshed where that is due (beyond NextAuth.js).
extension RequestFlow {
    /// What came of asking for an access token.
    package enum AccessTokenResult: Sendable, Equatable {
        case token(AccessToken)
        /// The user has no such account.
        case unknownAccount
        /// The account has no access token that is valid, and none can be had: the user has to sign in there again.
        case reauthenticate
        /// The provider cannot be reached, or somebody else takes too long: try again.
        case unavailable(String)
    }

    /// An access token (RFC 6749, section 1.4).
    package struct AccessToken: Sendable, Equatable {
        package let account: AccountKey
        package let text: String
        package let type: String
        package let scope: String?
        /// `nil` where the provider has not said.
        package let expires: Timestamp?
    }

    /// How long a token must still be valid to be given out, where its provider can give another.
    private static let margin = Duration.seconds(60)
    /// How long a node may take to refresh a token before another one may try. Longer than a refresh and the store's
    /// time limit together.
    private static let leaseTime = Duration.seconds(30)
    /// How long a node tries to write what a provider has answered. The lease and this are no hindrance to each other: it
    /// is still written where the lease has run out, unless another node has asked for it since.
    private static let writeTime = Duration.seconds(20)
    /// How often, and how many times, a node looks whether another one is done.
    private static let pollInterval = Duration.milliseconds(100)
    private static let polls = 150

    /// A valid access token of a user's account with a provider; the one linked last, where he has several there and
    /// does not say which.
    package func accessToken(
        of user: UserID, provider id: String, account name: String? = nil
    ) async throws -> AccessTokenResult {
        guard let accounts = settings.accounts else { return .unknownAccount }
        let list = try await stored { () throws(StoreError) in try await accounts.directory.accounts(of: user) }
        let account = list.last { account in
            account.key.provider == id && (name == nil || account.key.providerAccountID == name)
        }
        guard let account else { return .unknownAccount }
        let tokens = try opened(account, accounts)
        if tokens.isAccessValid(at: clock.now(), margin: Self.margin) { return answer(tokens, account.key) }
        guard let refresher = refresher(of: id), tokens["refresh_token"]?.string != nil else {
            return tokens.isAccessValid(at: clock.now(), margin: .zero)
                ? answer(tokens, account.key) : .reauthenticate
        }
        return try await refreshed(account, with: refresher, accounts)
    }

    private func refresher(of id: String) -> (any TokenRefreshing)? {
        for case .redirecting(let provider) in settings.providers where provider.id == id {
            return provider as? any TokenRefreshing
        }
        return nil
    }

    private func opened(_ account: LinkedAccount, _ accounts: AccountSettings) throws -> JSONObject {
        do {
            return try accounts.vault.open(account.tokens, of: account.key)
        } catch {
            // Sealed with a secret that has left the ring, or damaged: as if there were none.
            logger.warning("provider tokens cannot be opened", metadata: ["provider": "\(account.key.provider)"])
            return JSONObject()
        }
    }

    private func answer(_ tokens: JSONObject, _ key: AccountKey) -> AccessTokenResult {
        guard let text = tokens["access_token"]?.string else { return .reauthenticate }
        return .token(
            AccessToken(
                account: key, text: text, type: tokens["token_type"]?.string ?? "bearer",
                scope: tokens["scope"]?.string, expires: tokens["expires_at"]?.integer.map(Timestamp.init(seconds:))))
    }

    // MARK: Refreshing

    private func refreshed(
        _ account: LinkedAccount, with refresher: any TokenRefreshing, _ accounts: AccountSettings
    ) async throws -> AccessTokenResult {
        let key = account.key
        do {
            let tokens = try await accounts.refreshes.run(key) {
                try await self.refreshOnce(account, with: refresher, accounts)
            }
            return answer(tokens, key)
        } catch let failure as TokenRefreshFailure {
            logger.warning(
                "provider token could not be refreshed",
                metadata: [
                    "provider": "\(key.provider)", "final": "\(failure.isFinal)", "why": "\(failure.message)",
                ])
            return failure.isFinal ? .reauthenticate : .unavailable(failure.message)
        }
    }

    /// Refreshes the tokens that were seen, or waits for the node that does.
    private func refreshOnce(
        _ seen: LinkedAccount, with refresher: any TokenRefreshing, _ accounts: AccountSettings
    ) async throws -> JSONObject {
        let key = seen.key
        let holder = LeaseHolder(bytes: random.bytes(16))
        for _ in 0..<Self.polls {
            let now = clock.now()
            let lease = try await stored { () throws(StoreError) in
                try await accounts.directory.lease(key, for: holder, until: now + Self.leaseTime, at: now)
            }
            switch lease {
            case .granted(let account):
                return try await refresh(account, seen: seen.version, as: holder, with: refresher, accounts)
            case .held: try await Task.sleep(for: Self.pollInterval)
            case .unknownAccount: throw TokenRefreshFailure(isFinal: true, message: "the account is no longer linked")
            }
        }
        throw TokenRefreshFailure(
            isFinal: false, message: "another node is refreshing the tokens and takes too long")
    }

    private func refresh(
        _ account: LinkedAccount, seen version: Int, as holder: LeaseHolder, with refresher: any TokenRefreshing,
        _ accounts: AccountSettings
    ) async throws -> JSONObject {
        let old = try opened(account, accounts)
        // While this node waited for the lease, its holder may have done it. What he got is taken even where it lives no
        // longer than the margin: everybody who has waited would ask for another otherwise.
        let margin = account.version == version ? Self.margin : .zero
        if old.isAccessValid(at: clock.now(), margin: margin) {
            await release(account.key, holder, accounts)
            return old
        }
        let tokens: JSONObject
        do {
            tokens = old.renewed(by: try await refresher.refresh(old))
        } catch {
            if (error as? TokenRefreshFailure)?.isFinal == true { await forgetRefreshToken(old, of: account, accounts) }
            await release(account.key, holder, accounts)
            throw error
        }
        if try await !keep(tokens, of: account.key, holder, accounts) {
            try await keepRotated(tokens, insteadOf: old, of: account.key, accounts)
        }
        return tokens
    }

    /// Writes refreshed tokens, unless somebody else has written since. Tries again where the store fails, for the old
    /// refresh token may be of no use any more.
    private func keep(
        _ tokens: JSONObject, of key: AccountKey, _ holder: LeaseHolder, _ accounts: AccountSettings
    ) async throws -> Bool {
        let sealed = try accounts.vault.seal(tokens, of: key, random: random)
        let end = ContinuousClock.now + Self.writeTime
        var attempt = 1
        while true {
            do throws(StoreError) {
                return try await accounts.directory.keepRefreshed(sealed, of: key, by: holder)
            } catch {
                guard ContinuousClock.now < end else {
                    logger.error("refreshed tokens could not be kept", metadata: ["provider": "\(key.provider)"])
                    throw FlowError(store: error)
                }
            }
            try await Task.sleep(for: Self.pollInterval * (1 << min(attempt, 4)))
            attempt += 1
        }
    }

    /// A sign-in or another node has written meanwhile: those tokens stay. But a sign-in that brought no refresh token
    /// has kept the one that was used up here, so the one that replaces it is written to it.
    private func keepRotated(
        _ tokens: JSONObject, insteadOf old: JSONObject, of key: AccountKey, _ accounts: AccountSettings
    ) async throws {
        logger.notice("tokens were written during their refresh", metadata: ["provider": "\(key.provider)"])
        let directory = accounts.directory
        for _ in 0..<8 {
            let account = try await stored { () throws(StoreError) in try await directory.account(key) }
            guard let account else { return }
            var kept = try opened(account, accounts)
            guard kept["refresh_token"] == old["refresh_token"], tokens["refresh_token"] != old["refresh_token"] else {
                return
            }
            kept["refresh_token"] = tokens["refresh_token"]
            let sealed = try accounts.vault.seal(kept, of: key, random: random)
            let isKept = try await stored { () throws(StoreError) in
                try await directory.keepTokens(sealed, of: key, ifVersion: account.version)
            }
            if isKept { return }
        }
    }

    /// The provider will not take the refresh token again: it is not tried again, unless a sign-in has brought another.
    private func forgetRefreshToken(
        _ tokens: JSONObject, of account: LinkedAccount, _ accounts: AccountSettings
    ) async {
        var tokens = tokens
        tokens["refresh_token"] = nil
        do {
            let sealed = try accounts.vault.seal(tokens, of: account.key, random: random)
            _ = try await accounts.directory.keepTokens(sealed, of: account.key, ifVersion: account.version)
        } catch {
            // The next caller is refused as well, and forgets it then.
            logger.warning(
                "a refused refresh token could not be forgotten", metadata: ["provider": "\(account.key.provider)"])
        }
    }

    private func release(_ key: AccountKey, _ holder: LeaseHolder, _ accounts: AccountSettings) async {
        // It runs out by itself otherwise.
        try? await accounts.directory.release(key, by: holder)
    }
}

extension JSONObject {
    /// These tokens with what a refresh has brought. A lifetime that was not told anew is not known.
    fileprivate func renewed(by answer: JSONObject) -> JSONObject {
        var tokens = self
        tokens["expires_at"] = nil
        for (name, value) in answer.members { tokens[name] = value }
        return tokens.keepingRefreshToken(of: self)
    }

    /// Whether there is an access token that is valid for this much longer.
    fileprivate func isAccessValid(at now: Timestamp, margin: Duration) -> Bool {
        guard self["access_token"]?.string != nil else { return false }
        guard let expires = self["expires_at"]?.integer else { return true }
        return Timestamp(seconds: expires) > now + margin
    }
}
