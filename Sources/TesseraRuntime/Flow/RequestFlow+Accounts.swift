import JSON
import Logging
package import TesseraCore
import TesseraTokens

/// Signing in where users live in a directory (contract 5.7).
extension RequestFlow {
    /// How often a decision is made again because the directory has changed in between.
    private static let retries = 8

    /// Lets in whom a provider has identified: who he is in the directory, the `signIn` callback, the table, a session.
    func admit(
        _ end: RedirectEnd, by provider: any RedirectingProvider, _ accounts: AccountSettings,
        from origin: RequestOrigin, previous: String?
    ) async throws -> SignInResult {
        let visit = try await visit(end, by: provider, accounts, from: origin, presented: previous)
        let attempt = SignInAttempt(
            user: visit.owner.map { UserProfile($0) } ?? end.user, account: end.account, profile: end.profile)
        if case .stopped(let result) = try await verdict(on: attempt) { return result }
        switch try await settle(visit, accounts) {
        case .refused(let refusal): return .notLinked(refusal)
        case .user(let user, let isNew):
            let entering = SignInAttempt(user: UserProfile(user), account: end.account, profile: end.profile)
            return try await enter(
                entering, isNewUser: isNew, identity: end.identity, from: origin, previous: previous)
        }
    }

    /// Links the account of a provider that has sent the browser back, to who is signed in.
    ///
    /// - Parameter session: the session that the link was asked for in; in another one it is refused.
    package func linkAccount(
        with provider: any RedirectingProvider, _ request: SignInRequest, checks: [SignInCheck: String],
        callbackURL: String, presented token: String?, askedIn session: String
    ) async throws -> SignInResult {
        guard let accounts = settings.accounts else { return .notLinked(.notRecent) }
        if let wait = try await countReturn(from: request.origin) { return .tooManyAttempts(wait) }
        let end: RedirectEnd
        do {
            end = try await provider.finish(request, checks: checks, callbackURL: callbackURL)
        } catch let rejection as SignInRejection {
            return .rejected(rejection.message)
        }
        var visit = try await visit(end, by: provider, accounts, from: request.origin, presented: token)
        guard visit.current != nil, visit.session.map({ "\($0)" }) == session else { return .notLinked(.notRecent) }
        // It was recent when the link was asked for, and no more time has passed than a check cookie lives.
        visit.isRecent = true
        let attempt = SignInAttempt(user: end.user, account: end.account, profile: end.profile)
        if case .stopped(let result) = try await verdict(on: attempt) { return result }
        switch try await settle(visit, accounts) {
        case .refused(let refusal): return .notLinked(refusal)
        case .user: return .linked
        }
    }

    // MARK: The table

    /// Somebody at the door: what a provider says of him, and who he is to us.
    private struct Visit {
        let end: RedirectEnd
        let key: AccountKey
        /// The user whom the account is linked to.
        let owner: DirectoryUser?
        /// Who is signed in.
        let current: UserID?
        let session: SessionID?
        var isRecent: Bool
        /// The address that the provider names, unless it says itself that nobody has verified it.
        let email: String?
        let linksByEmail: Bool
    }

    private enum Settled {
        case user(DirectoryUser, isNew: Bool)
        case refused(AccountLinking.Refusal)
    }

    private func visit(
        _ end: RedirectEnd, by provider: any RedirectingProvider, _ accounts: AccountSettings,
        from origin: RequestOrigin, presented token: String?
    ) async throws -> Visit {
        guard
            let key = AccountKey(
                provider: end.account.provider, providerAccountID: end.account.providerAccountID)
        else { throw FlowError(.invalidUser, "the account's id cannot be used") }
        let directory = accounts.directory
        let account = try await stored { () throws(StoreError) in try await directory.account(key) }
        var owner: DirectoryUser?
        if let account {
            owner = try await stored { () throws(StoreError) in try await directory.user(account.user) }
        }
        let active = try await currentSession(token, accounts, from: origin)
        return Visit(
            end: end, key: key, owner: owner, current: active?.token.user, session: active?.token.session,
            isRecent: active.map { isRecent($0) } ?? false,
            email: end.hasUnverifiedEmail ? nil : end.user.email.map { $0.lowercased() },
            linksByEmail: provider.allowDangerousEmailAccountLinking)
    }

    /// The session of who is signed in and has a place in the directory. Whether it is alive is asked properly: an
    /// expired one does not count, and a store that cannot be asked is an error.
    func currentSession(
        _ token: String?, _ accounts: AccountSettings, from origin: RequestOrigin
    ) async throws -> ActiveSession? {
        guard case .active(let session) = try await authenticate(token, from: origin) else { return nil }
        let user = session.token.user
        let known = try await stored { () throws(StoreError) in try await accounts.directory.user(user) }
        return known == nil ? nil : session
    }

    /// Decides, and carries it out on the condition that the directory still is as it was when it was decided.
    private func settle(_ visit: Visit, _ accounts: AccountSettings) async throws -> Settled {
        let directory = accounts.directory
        var owner = visit.owner?.id
        var emailOwner: UserID?
        if owner == nil, visit.current == nil {
            (owner, emailOwner) = try await owners(visit, directory)
        }
        for _ in 0..<Self.retries {
            let decision = AccountLinking.decide(
                AccountLinking.ProviderSituation(
                    accountOwner: owner, current: visit.current, currentIsRecent: visit.isRecent,
                    emailOwner: emailOwner, emailCounts: visit.linksByEmail))
            let outcome: DirectoryOutcome
            switch decision {
            case .refuse(let refusal): return .refused(refusal)
            case .signIn(let user):
                if let known = try await signIn(user, visit, accounts) { return .user(known, isNew: false) }
                outcome = .unknownUser
            case .link(let user):
                outcome = try await link(visit, to: user, accounts)
                if case .done = outcome, let known = try await self.user(user, directory) {
                    await tellLinked(known, visit)
                    return .user(known, isNew: false)
                }
            case .create:
                let (made, result) = try await create(visit, accounts)
                outcome = result
                if case .done = result {
                    await tellCreated(made)
                    await tellLinked(made, visit)
                    return .user(made, isNew: true)
                }
            }
            switch outcome {
            case .accountTaken(let user): owner = user
            case .emailTaken(let user): emailOwner = user
            case .done, .unknownUser, .unknownAccount, .lastWayIn:
                (owner, emailOwner) = try await owners(visit, directory)
            }
        }
        throw FlowError(.overloaded, "the directory changes faster than it can be decided")
    }

    private func user(_ id: UserID, _ directory: any UserDirectory) async throws -> DirectoryUser? {
        try await stored { () throws(StoreError) in try await directory.user(id) }
    }

    /// The users who have the account and the address. The address is looked up first: a user is made together with his
    /// account, so whoever sees that the address has just been taken by the very account, sees that too.
    private func owners(
        _ visit: Visit, _ directory: any UserDirectory
    ) async throws -> (ofAccount: UserID?, ofEmail: UserID?) {
        let email = try await owner(ofEmail: visit.email, directory)
        let account = try await stored { () throws(StoreError) in try await directory.account(visit.key)?.user }
        return (account, email)
    }

    private func owner(ofEmail email: String?, _ directory: any UserDirectory) async throws -> UserID? {
        guard let email else { return nil }
        return try await stored { () throws(StoreError) in try await directory.user(withEmail: email)?.id }
    }

    /// The account is known: the tokens of this sign-in, which are newer, take the place of those that are kept.
    private func signIn(_ user: UserID, _ visit: Visit, _ accounts: AccountSettings) async throws -> DirectoryUser? {
        guard let known = try await self.user(user, accounts.directory) else { return nil }
        for _ in 0..<Self.retries where !visit.end.account.tokens.isEmpty {
            let account = try await stored { () throws(StoreError) in try await accounts.directory.account(visit.key) }
            guard let account else { return nil }
            let tokens = visit.end.account.tokens.keepingRefreshToken(
                of: try? accounts.vault.open(account.tokens, of: visit.key))
            let sealed = try accounts.vault.seal(tokens, of: visit.key, random: random)
            let isKept = try await stored { () throws(StoreError) in
                try await accounts.directory.keepTokens(sealed, of: visit.key, ifVersion: account.version)
            }
            if isKept { return known }
        }
        return known
    }

    private func link(
        _ visit: Visit, to user: UserID, _ accounts: AccountSettings
    ) async throws -> DirectoryOutcome {
        let account = try linked(visit, to: user, accounts)
        guard let known = try await self.user(user, accounts.directory) else { return .unknownUser }
        let told = messages(.linkAccount(linking(known, visit)))
        return try await stored { () throws(StoreError) in
            try await accounts.directory.link(account, telling: told)
        }
    }

    private func create(
        _ visit: Visit, _ accounts: AccountSettings
    ) async throws -> (made: DirectoryUser, outcome: DirectoryOutcome) {
        let profile = visit.end.user
        let user = DirectoryUser(
            id: newUserID(), name: profile.name, email: visit.email, emailVerified: nil, image: profile.image)
        let account = try linked(visit, to: user.id, accounts)
        let told = messages(
            .createUser(Events.UserChanged(user: UserProfile(user))), .linkAccount(linking(user, visit)))
        let outcome = try await stored { () throws(StoreError) in
            try await accounts.directory.create(user, with: account, telling: told)
        }
        return (user, outcome)
    }

    private func linked(_ visit: Visit, to user: UserID, _ accounts: AccountSettings) throws -> LinkedAccount {
        LinkedAccount(
            key: visit.key, user: user, linkedAt: clock.now(),
            tokens: try accounts.vault.seal(visit.end.account.tokens, of: visit.key, random: random))
    }

    /// A new user's id: 128 random bits.
    func newUserID() -> UserID {
        guard let id = SessionID(bytes: random.bytes(16)), let user = UserID("\(id)") else {
            preconditionFailure("16 bytes in base64url are an id")
        }
        return user
    }

    // MARK: Events

    func tellCreated(_ user: DirectoryUser) async {
        guard let handler = settings.events.createUser else { return }
        await tell("CREATE_USER_EVENT_ERROR") { try await handler(Events.UserChanged(user: UserProfile(user))) }
    }

    private func tellLinked(_ user: DirectoryUser, _ visit: Visit) async {
        guard let handler = settings.events.linkAccount else { return }
        await tell("LINK_ACCOUNT_EVENT_ERROR") { try await handler(linking(user, visit)) }
    }

    private func linking(_ user: DirectoryUser, _ visit: Visit) -> Events.AccountChanged {
        Events.AccountChanged(user: UserProfile(user), account: visit.end.account, profile: visit.end.user)
    }
}

extension RequestFlow {
    /// Drops sign-in links, counted attempts, short-lived secrets and origins of sessions that no longer matter.
    func sweepAccounts(at now: Timestamp) async {
        do {
            _ = try await settings.accounts?.directory.sweep(at: now)
            _ = try await settings.attempts?.store.sweepAttempts(at: now)
            _ = try await settings.secrets?.sweepSecrets(at: now)
            _ = try await settings.providerSessions?.sweepProviderSessions(at: now)
        } catch {
            logger.warning("sweep failed", metadata: ["what": "accounts", "error": "\(error)"])
        }
    }
}

extension UserProfile {
    /// A user of the directory.
    package init(_ user: DirectoryUser) {
        self.init(id: user.id.text, name: user.name, email: user.email, image: user.image)
    }
}

extension JSONObject {
    /// These tokens; with the refresh token that was there where they have none, for some providers give it only once.
    func keepingRefreshToken(of earlier: JSONObject?) -> JSONObject {
        guard self["refresh_token"]?.string?.isEmpty ?? true else { return self }
        var tokens = self
        tokens["refresh_token"] = earlier?["refresh_token"]
        return tokens
    }
}

extension RedirectEnd {
    /// Whether the provider says of its own accord that nobody has verified the address (OpenID Connect Core, section
    /// 5.1; some send the text).
    var hasUnverifiedEmail: Bool {
        if let isEmailVerified { return !isEmailVerified }
        return switch profile?["email_verified"] {
        case .bool(false): true
        case .string(let text): text.lowercased() == "false"
        default: false
        }
    }
}
