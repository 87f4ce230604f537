import Logging
import TesseraCore
import TesseraTokens

/// Signing in with a link in an e-mail (contract 5.5).
extension RequestFlow {
    /// What came of asking for a link.
    package enum LinkRequestResult: Sendable {
        /// A message is on its way. The hint tells this browser apart from others that open the link.
        case sent(hint: LinkHint)
        /// What was typed is no address; nobody was asked and nothing was sent.
        case invalidAddress
        /// The `signIn` callback said no.
        case denied
        case redirect(String)
        case rejected(String)
        /// The message could not be sent.
        case notSent
        case tooManyAttempts(Duration)
    }

    /// What the browser that asked for a link remembers, so that it can be told apart when the link is opened.
    package struct LinkHint: Sendable {
        package let token: String
        package let identifier: String
        package let lifetime: Duration
    }

    /// Where a link leads, and what it carries along.
    package struct LinkTarget: Sendable {
        /// `{base}/callback/{provider}`.
        package let callbackURL: String
        /// Where to go afterwards.
        package let returnURL: String
        /// The host of the site.
        package let host: String
        /// Percent-encodes a value of a query.
        package let encode: @Sendable (String) -> String

        package init(
            callbackURL: String, returnURL: String, host: String, encode: @escaping @Sendable (String) -> String
        ) {
            self.callbackURL = callbackURL
            self.returnURL = returnURL
            self.host = host
            self.encode = encode
        }
    }

    /// Sends a link to an address. What is answered, and how long it takes, is the same whether or not a user has it.
    package func requestLink(
        with provider: EmailProvider, address typed: String?, to target: LinkTarget, from origin: RequestOrigin
    ) async throws -> LinkRequestResult {
        guard let accounts = settings.accounts else { return .notSent }
        guard let typed, let identifier = normalized(typed, provider) else { return .invalidAddress }
        if let wait = try await countMail(to: identifier, from: origin) { return .tooManyAttempts(wait) }
        let known = try await stored { () throws(StoreError) in
            try await accounts.directory.user(withEmail: identifier)
        }
        switch try await verdict(on: attempt(provider, identifier, known, isRequest: true)) {
        case .allowed: break
        case .stopped(.denied): return .denied
        case .stopped(.redirect(let url)): return .redirect(url)
        case .stopped(.rejected(let message)): return .rejected(message)
        case .stopped: return .denied
        }
        let token = accounts.links.make(random: random)
        let kept = VerificationToken(
            identifier: identifier, hash: try accounts.links.hash(of: token, secret: provider.secret),
            expires: clock.now() + provider.maxAge)
        try await stored { () throws(StoreError) in try await accounts.directory.keep(kept) }
        guard await send(token, identifier, provider, target) else { return .notSent }
        return .sent(hint: LinkHint(token: token, identifier: identifier, lifetime: provider.maxAge))
    }

    private func normalized(_ typed: String, _ provider: EmailProvider) -> String? {
        do {
            let identifier = try provider.normalize(typed)
            return identifier.isEmpty ? nil : identifier
        } catch {
            logger.notice(
                "not an address to send a link to",
                metadata: [
                    "code": "SIGNIN_EMAIL_ERROR", "provider": "\(provider.id)", "error": "\(type(of: error))",
                ])
            return nil
        }
    }

    private func attempt(
        _ provider: EmailProvider, _ identifier: String, _ known: DirectoryUser?, isRequest: Bool
    ) -> SignInAttempt {
        SignInAttempt(
            user: known.map { UserProfile($0) } ?? UserProfile(id: identifier, email: identifier),
            account: Account(provider: provider.id, type: .email, providerAccountID: identifier),
            isEmailRequest: isRequest)
    }

    private func send(
        _ token: String, _ identifier: String, _ provider: EmailProvider, _ target: LinkTarget
    ) async -> Bool {
        let encode = target.encode
        let url =
            "\(target.callbackURL)?callbackUrl=\(encode(target.returnURL))&token=\(token)&email=\(encode(identifier))"
        do {
            let message = LinkMessage(
                url: url, host: target.host, recipient: identifier, maxAge: provider.maxAge)
            let content = try provider.compose?(message) ?? MailContent.standard(for: message)
            try await provider.sender.send(
                Mail(
                    from: provider.from, to: identifier, subject: content.subject, text: content.text,
                    html: content.html, url: url, host: target.host, providerName: provider.name))
            return true
        } catch {
            logger.error(
                "sign-in link could not be sent",
                metadata: [
                    "code": "SIGNIN_EMAIL_ERROR", "provider": "\(provider.id)",
                    "reason": "\((error as? MailError)?.description ?? "\(type(of: error))")",
                ])
            return false
        }
    }

    // MARK: Following a link

    /// Signs in whoever brings the token that was sent to an address. The token is used up, whatever comes of it.
    package func followLink(
        with provider: EmailProvider, token: String?, address: String?, from origin: RequestOrigin, previous: String?
    ) async throws -> SignInResult {
        guard let accounts = settings.accounts, let token, let identifier = address, !token.isEmpty else {
            return .badLink
        }
        let hashes = try accounts.links.hashes(of: token, secret: provider.secret)
        let taken = try await stored { () throws(StoreError) in
            try await accounts.directory.take(hashes, of: identifier)
        }
        guard let taken, taken.expires > clock.now() else { return .badLink }
        let known = try await stored { () throws(StoreError) in
            try await accounts.directory.user(withEmail: identifier)
        }
        let attempt = attempt(provider, identifier, known, isRequest: false)
        if case .stopped(let result) = try await verdict(on: attempt) { return result }
        let (user, isNew) = try await settle(email: identifier, accounts)
        let entering = SignInAttempt(user: UserProfile(user), account: attempt.account)
        return try await enter(entering, isNewUser: isNew, from: origin, previous: previous)
    }

    /// E1 to E4: the user with the address, which is verified now; or a new one.
    private func settle(
        email: String, _ accounts: AccountSettings
    ) async throws -> (user: DirectoryUser, isNew: Bool) {
        let directory = accounts.directory
        for _ in 0..<8 {
            let now = clock.now()
            let owner = try await stored { () throws(StoreError) in try await directory.user(withEmail: email) }
            switch AccountLinking.decide(emailOwner: owner?.id) {
            case .verify(let id):
                let update = UserUpdate(emailVerified: now)
                let told = owner.map { messages(.updateUser(.init(user: UserProfile($0.updated(by: update))))) }
                let updated = try await stored { () throws(StoreError) in
                    try await directory.update(id, update, telling: told ?? [])
                }
                guard let updated else { continue }
                await tellUpdated(updated)
                return (updated, false)
            case .create:
                let user = DirectoryUser(id: newUserID(), email: email, emailVerified: now)
                let told = messages(.createUser(Events.UserChanged(user: UserProfile(user))))
                let outcome = try await stored { () throws(StoreError) in
                    try await directory.create(user, with: nil, telling: told)
                }
                guard case .done = outcome else { continue }
                await tellCreated(user)
                return (user, true)
            }
        }
        throw FlowError(.overloaded, "the directory changes faster than it can be decided")
    }

    private func tellUpdated(_ user: DirectoryUser) async {
        guard let handler = settings.events.updateUser else { return }
        await tell("UPDATE_USER_EVENT_ERROR") { try await handler(Events.UserChanged(user: UserProfile(user))) }
    }
}
