import JSON
import Logging
package import TesseraCore
import TesseraTokens

extension RequestFlow {
    /// What came of a sign-in.
    package enum SignInResult: Sendable {
        case signedIn(ActiveSession, isNewUser: Bool?)
        /// `authorize` did not recognise the credentials.
        case wrongCredentials
        /// The `signIn` callback said no.
        case denied
        /// The `signIn` callback sends the user elsewhere.
        case redirect(String)
        /// The application refused with a message for the user.
        case rejected(String)
        /// The account is not let in, or not linked (contract 5.7).
        case notLinked(AccountLinking.Refusal)
        /// The account is another way in now for who is signed in; his session goes on.
        case linked
        /// The link is unknown, used, expired, or was sent to another address.
        case badLink
        /// Too many attempts; how long to wait.
        case tooManyAttempts(Duration)
    }

    /// Signs in with the fields of a form (contract 5.6).
    ///
    /// - Parameter previous: the token that the browser presents already; its session makes way for the new one.
    /// - Throws: `FlowError` when `authorize` or a callback fails, or the store cannot be asked. Nobody is signed in
    ///   then, and an existing session of the same user is untouched.
    package func signIn(
        with provider: CredentialsProvider, _ request: SignInRequest, previous: String?
    ) async throws -> SignInResult {
        let identifier = provider.identifier(in: request)
        if let wait = try await countAttempt(identifier, from: request.origin) { return .tooManyAttempts(wait) }
        let answer: UserProfile?
        do {
            answer = try await provider.authorize(Credentials(body: request.body), request)
        } catch let rejection as SignInRejection {
            return .rejected(rejection.message)
        } catch {
            throw failed("authorize", code: "CALLBACK_CREDENTIALS_HANDLER_ERROR", error)
        }
        guard let profile = answer else { return .wrongCredentials }
        try await forgetAttempts(identifier)
        let account = Account(provider: provider.id, type: .credentials, providerAccountID: profile.id)
        let attempt = SignInAttempt(user: profile, account: account, credentials: request.body)
        return try await admit(attempt, isNewUser: false, from: request.origin, previous: previous)
    }

    /// Signs in with a provider that has sent the browser back.
    package func signIn(
        with provider: any RedirectingProvider, _ request: SignInRequest, checks: [SignInCheck: String],
        callbackURL: String, previous: String?
    ) async throws -> SignInResult {
        if let wait = try await countReturn(from: request.origin) { return .tooManyAttempts(wait) }
        let end: RedirectEnd
        do {
            end = try await provider.finish(request, checks: checks, callbackURL: callbackURL)
        } catch let rejection as SignInRejection {
            return .rejected(rejection.message)
        }
        if let accounts = settings.accounts {
            return try await admit(end, by: provider, accounts, from: request.origin, previous: previous)
        }
        let attempt = SignInAttempt(user: end.user, account: end.account, profile: end.profile)
        return try await admit(
            attempt, isNewUser: end.isNewUser, identity: end.identity, from: request.origin, previous: previous)
    }

    /// From a proven identity to a session: the `signIn` callback, then what follows from it.
    private func admit(
        _ attempt: SignInAttempt, isNewUser: Bool?, identity: ProviderIdentity? = nil, from origin: RequestOrigin,
        previous: String?
    ) async throws -> SignInResult {
        switch try await verdict(on: attempt) {
        case .allowed:
            return try await enter(
                attempt, isNewUser: isNewUser, identity: identity, from: origin, previous: previous)
        case .stopped(let result): return result
        }
    }

    /// Lets somebody in: the claims, the session, the event.
    ///
    /// - Parameter identity: who he is to an OpenID provider, with whose session this one ends.
    func enter(
        _ attempt: SignInAttempt, isNewUser: Bool?, identity: ProviderIdentity? = nil, from origin: RequestOrigin,
        previous: String?
    ) async throws -> SignInResult {
        guard let user = UserID(attempt.user.id) else {
            logger.error("authorize answered with a user whose id is empty, too long or has control characters")
            throw FlowError(.invalidUser, "the user's id cannot be used")
        }
        let request = JWTRequest(
            token: attempt.user.claims, user: attempt.user, account: attempt.account, profile: attempt.profile,
            isNewUser: isNewUser, trigger: isNewUser == true ? .signUp : .signIn)
        let claims: JSONObject
        do {
            claims = try await self.claims(request)
        } catch is SessionWithdrawn {
            return .denied
        }
        guard let drawn = SessionID(bytes: random.bytes(16)) else {
            throw FlowError(.unavailable, "no random bytes")
        }
        let id = mirror.shards.place(drawn, of: user)
        try await keepOrigin(identity, of: id, user: user, provider: attempt.account.provider)
        let replaced = try await makeWay(for: user, previous: previous)
        let event = Events.SignIn(user: attempt.user, account: attempt.account, session: id, isNewUser: isNewUser)
        let session = try await begin(user, event, claims: claims, from: origin, replacing: replaced)
        if let handler = settings.events.signIn {
            await tell("SIGN_IN_EVENT_ERROR") { try await handler(event) }
        }
        return .signedIn(session, isNewUser: isNewUser)
    }

    /// What the `signIn` callback says.
    enum Verdict {
        case allowed
        case stopped(SignInResult)
    }

    func verdict(on attempt: SignInAttempt) async throws -> Verdict {
        guard let callback = settings.callbacks.signIn else { return .allowed }
        do {
            switch try await callback(attempt) {
            case .allow: return .allowed
            case .deny: return .stopped(.denied)
            case .redirect(let url): return .stopped(.redirect(url))
            }
        } catch let rejection as SignInRejection {
            return .stopped(.rejected(rejection.message))
        } catch {
            throw failed("signIn", code: "CALLBACK_CREDENTIALS_HANDLER_ERROR", error)
        }
    }

    /// What the browser was signed in to makes way. Returns its session where that is the same user's, to be replaced
    /// in the same step; another user's session is ended here, before the new one begins. So is what a NextAuth.js
    /// token stands for, which may not be a session yet, and must not become one.
    private func makeWay(for user: UserID, previous: String?) async throws -> SessionID? {
        guard let previous, case .success(let opened) = tokens.open(previous, at: clock.now()) else { return nil }
        let owner: UserID
        let end: (session: SessionID, adoptedUntil: Timestamp?)
        switch opened {
        case .own(let token):
            if token.user == user { return token.session }
            (owner, end) = (token.user, (token.session, token.adoptedUntil))
        case .reference(let reference):
            guard let holder = try await self.owner(of: reference.session) else { return nil }
            if holder == user { return reference.session }
            (owner, end) = (holder, (reference.session, nil))
        case .nextAuth(let token):
            (owner, end) = (token.user, (mirror.shards.place(token.session, of: token.user), token.expires))
        }
        _ = try await revoke(
            .end(end.session, evenIfUnknown: true, reason: .replaced, adoptedUntil: end.adoptedUntil), of: owner)
        return nil
    }

    private func begin(
        _ user: UserID, _ event: Events.SignIn, claims: JSONObject, from origin: RequestOrigin, replacing: SessionID?
    ) async throws -> ActiveSession {
        let new = Command.NewSession(
            id: event.session, authenticatedAt: clock.now(), device: origin.device, replacing: replacing)
        let kept = tokens.areReferences ? try tokens.sealClaims(claims, random: random) : nil
        let messages = messageMaker(of: user, telling: [.signIn(event)])
        let outcome = try await actors[user].run(.signIn(new), messages: messages) { _, _ in kept }
        await report(outcome, of: user)
        guard case .started(let session) = outcome.reply else {
            throw FlowError(.unavailable, "the session could not be begun")
        }
        return try mint(session, of: user, claims: claims, presented: .adopted)
    }

    private func failed(_ callback: String, code: String, _ error: any Error) -> FlowError {
        logger.error(
            "callback failed", metadata: ["callback": "\(callback)", "code": "\(code)", "error": "\(type(of: error))"])
        return FlowError(.callbackFailed, "the \(callback) callback failed", cause: error)
    }
}
