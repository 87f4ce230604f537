package import JSON
package import Logging
import TesseraCore
package import TesseraTokens

/// The order of it all: one function per use case, each from the presented credential to the answer.
///
/// Read this first. Opening a token is `TesseraTokens`; whether it is ended, the `Mirror`; what becomes of a session,
/// `UserRecord.decide` inside the user's `UserActor`; whether that holds, the store's commit. HTTP is not known here.
package struct RequestFlow: Sendable {
    package let tokens: SessionTokens
    package let actors: UserActors
    package let mirror: Mirror
    package let marks: MarkBook
    let owners: SessionOwners
    package let store: any SessionStore
    package let clock: WallClock
    package let random: RandomBytes
    package let settings: FlowSettings
    package let logger: Logger
    package let telemetry: Telemetry?

    /// - Parameter telemetry: where measures go; `nil` for nowhere.
    package init(
        tokens: SessionTokens, store: any SessionStore, mirror: Mirror, settings: FlowSettings, clock: WallClock,
        random: RandomBytes, logger: Logger, telemetry: Telemetry? = nil
    ) {
        let store: any SessionStore = telemetry.map { ObservedStore(store, telemetry: $0) } ?? store
        self.tokens = tokens
        self.store = store
        self.telemetry = telemetry
        self.mirror = mirror
        self.clock = clock
        self.random = random
        self.settings = settings
        self.logger = logger
        self.marks = MarkBook(interval: settings.touchInterval)
        self.owners = SessionOwners(limit: settings.actorLimit)
        let environment = UserActor.Environment(
            store: store, mirror: mirror, marks: marks, clock: clock, policy: settings.policy)
        self.actors = UserActors(environment: environment, limit: settings.actorLimit)
    }

    /// Who watches his session on this node.
    package var watchers: SessionWatchers { mirror.watchers }

    /// Who presents this token, and whether it lets in. Moves the session on where its token is no longer fresh.
    ///
    /// - Parameter token: the text of the cookie or bearer token; `nil` or empty when there is none, in which case
    ///   nothing at all is asked.
    /// - Throws: `FlowError` when that cannot be told now. That is never a reason to clear a cookie.
    package func authenticate(_ token: String?, from origin: RequestOrigin) async throws -> Authentication {
        guard let token, !token.isEmpty else { return .anonymous }
        let now = clock.now()
        switch tokens.open(token, at: now) {
        case .failure(let error): return .ended(.invalidToken(error))
        case .success(.own(let token)): return try await authenticate(token, from: origin, now: now)
        case .success(.reference(let reference)): return try await authenticate(reference, from: origin, now: now)
        case .success(.nextAuth(let token)): return try await adopt(token, from: origin)
        }
    }

    private func authenticate(
        _ token: SessionToken, from origin: RequestOrigin, now: Timestamp
    ) async throws -> Authentication {
        let isFresh = token.isFresh(at: now, window: settings.policy.freshWindow)
        switch mirror.verdict(on: token.facts, at: clock.reading()) {
        case .ended: return .ended(.revoked)
        case .clear where isFresh: return accept(token, at: now)
        case .unknown where isFresh: return try await askStore(token, from: origin, now: now)
        case .clear: return try await rotate(token, from: origin)
        case .superseded, .unknown:
            // Its successor would have another name.
            guard try await !isBlocked(token.id) else { return .ended(.revoked) }
            return try await rotate(token, from: origin)
        }
    }

    /// Whether a token is blocked by its `jti`, which its user's record does not tell: where the mirror cannot vouch
    /// that it is not, the store is asked.
    func isBlocked(_ token: TokenID) async throws -> Bool {
        if mirror.isEnded(token) { return true }
        if mirror.vouches(for: token, at: clock.reading()) { return false }
        do {
            return try await store.isBlocked(token)
        } catch {
            throw FlowError(store: error)
        }
    }

    /// The mirror cannot vouch for a fresh token, so the store has to; the session need not be moved on for that.
    private func askStore(
        _ token: SessionToken, from origin: RequestOrigin, now: Timestamp
    ) async throws -> Authentication {
        let record: UserRecord
        do {
            guard try await !isBlocked(token.id) else { return .ended(.revoked) }
            record = try await actors[token.user].read()
        } catch let error as FlowError where error.code == .unavailable {
            // The operator may have chosen availability, for a while.
            guard case .clear = mirror.verdictWithoutStore(on: token.facts, at: clock.reading()) else { throw error }
            return accept(token, at: now)
        }
        // It may have been ended here while the store was asked.
        if case .ended = mirror.verdict(on: token.facts, at: clock.reading()) { return .ended(.revoked) }
        guard let session = record[token.session], record.isAlive(session, at: now),
            session.generation == token.generation
        else { return try await rotate(token, from: origin) }
        return accept(token, at: now)
    }

    private func accept(_ token: SessionToken, at now: Timestamp) -> Authentication {
        let use = SessionRecord.Use(at: now, generation: token.generation)
        marks.note(token.user, token.session, use, adoptedUntil: token.adoptedUntil)
        return .active(ActiveSession(token: token))
    }

    // MARK: Moving a session on

    private func rotate(_ token: SessionToken, from origin: RequestOrigin) async throws -> Authentication {
        let presented = Command.Presented(
            session: token.session, generation: token.generation, device: origin.device)
        let presenting = Presenting(claims: token.claims, adoptedUntil: token.adoptedUntil)
        return try await move(.rotate(presented), of: token.user, presenting) { claims in
            try await self.claims(JWTRequest(token: token.payload(claims)))
        }
    }

    /// Changes a session's claims: the `jwt` callback decides what becomes of what the browser sent.
    ///
    /// The generation that the browser presents is the one that makes way. (Moving the session on first, and updating
    /// from there, would leave the browser two generations behind if the answer is lost.)
    package func update(
        _ token: String?, data: JSONValue?, from origin: RequestOrigin
    ) async throws -> Authentication {
        guard let token, !token.isEmpty else { return .anonymous }
        switch tokens.open(token, at: clock.now()) {
        case .failure(let error): return .ended(.invalidToken(error))
        case .success(.own(let token)):
            if case .ended = mirror.verdict(on: token.facts, at: clock.reading()) { return .ended(.revoked) }
            guard try await !isBlocked(token.id) else { return .ended(.revoked) }
            return try await update(token, presenting: token.generation, data: data, from: origin)
        case .success(.reference), .success(.nextAuth):
            // The claims of these are known only once they have been authenticated.
            let authentication = try await authenticate(token, from: origin)
            guard case .active(let session) = authentication else { return authentication }
            return try await update(
                session.token, presenting: session.presentedGeneration, data: data, from: origin)
        }
    }

    private func update(
        _ token: SessionToken, presenting generation: Generation, data: JSONValue?, from origin: RequestOrigin
    ) async throws -> Authentication {
        let presented = Command.Presented(session: token.session, generation: generation, device: origin.device)
        let presenting = Presenting(claims: token.claims, adoptedUntil: token.adoptedUntil)
        return try await move(.update(presented), of: token.user, presenting) { claims in
            try await self.claims(JWTRequest(token: token.payload(claims), trigger: .update, session: data))
        }
    }

    private func adopt(_ token: NextAuthToken, from origin: RequestOrigin) async throws -> Authentication {
        guard settings.adoption.accepts(at: clock.now()) else { return .ended(.adoptionRefused) }
        let id = mirror.shards.place(token.session, of: token.user)
        guard !mirror.isEnded(id) else { return .ended(.revoked) }
        if let jti = token.id, try await isBlocked(jti) { return .ended(.revoked) }
        let session = Command.NewSession(
            id: id, authenticatedAt: token.issuedAt, device: origin.device, adoptedUntil: token.expires)
        let command = Command.adopt(session, issuedAt: token.issuedAt)
        let presenting = Presenting(claims: token.claims, adoptedUntil: token.expires)
        return try await move(command, of: token.user, presenting) { _ in
            try await self.claims(JWTRequest(token: token.payload))
        }
    }

    /// Has the user's actor carry out a command for a presented token, and turns its reply into an answer.
    ///
    /// - Parameter presenting: what the presented token carries; where the store kept the claims of a newer
    ///   generation, those count instead, so that everybody gets the same successor.
    func move(
        _ command: Command, of user: UserID, _ presenting: Presenting,
        change: @escaping @Sendable (JSONObject) async throws -> JSONObject
    ) async throws -> Authentication {
        let made = MadeClaims()
        let presented = presenting.claims
        let generation = command.presentedGeneration ?? .adopted
        let outcome: UserActor.Outcome
        do {
            outcome = try await actors[user].run(command, messages: messageMaker(of: user, telling: [])) {
                before, next in
                let current = try self.currentClaims(of: before, presented: presented, generation)
                var claims = try await change(current)
                // Whose the token is, is not the callback's to say; left out or not, it is the same claims.
                claims["sub"] = .string(user.text)
                made.claims = claims
                let isLastOfItsClaims = before.map { before in
                    generation == before.generation && next.graceFrom == before.generation
                }
                return try self.keptClaims(
                    claims, differFrom: current, onlyOneBefore: isLastOfItsClaims ?? true)
            }
        } catch is SessionWithdrawn {
            return try await withdraw(command, of: user, adoptedUntil: presenting.adoptedUntil)
        }
        await report(outcome, of: user)
        switch outcome.reply {
        case .started(let session), .rotated(let session, _):
            return .active(
                try mint(session, of: user, claims: made.claims ?? presented, presented: generation))
        case .sameSuccessor(let session):
            // A use of the generation that was presented; whether its successor has arrived is not known.
            let use = SessionRecord.Use(at: clock.now(), generation: generation)
            marks.note(user, session.id, use, adoptedUntil: session.adoptedUntil)
            let claims = try currentClaims(of: session, presented: presented, generation)
            return .active(try mint(session, of: user, claims: claims, presented: generation))
        case .refused(let refusal):
            if refusal == .unknown, let session = command.presentedSession {
                try await endUnknown(session, adoptedUntil: presenting.adoptedUntil)
            }
            return .ended(.refused(refusal))
        case .ended: return .ended(.revoked)
        }
    }

    /// The `jwt` callback returned nothing: the session ends, as the application wishes.
    private func withdraw(
        _ command: Command, of user: UserID, adoptedUntil: Timestamp?
    ) async throws -> Authentication {
        guard let session = command.presentedSession else { return .ended(.revoked) }
        _ = try await revoke(
            .end(
                session, evenIfUnknown: true, reason: .revokedByApplication, adoptedUntil: adoptedUntil),
            of: user)
        return .ended(.revoked)
    }

    /// The claims of a session's newest generation: those that the store kept, or else those that were presented.
    ///
    /// What was presented counts also where the store is behind it, having lost writes: what it kept is older then.
    /// (Reference tokens present no claims.)
    func currentClaims(
        of session: SessionRecord?, presented: JSONObject, _ generation: Generation
    ) throws -> JSONObject {
        guard let session, let kept = session.claims else { return presented }
        if generation > session.generation, !tokens.areReferences { return presented }
        return try tokens.openClaims(kept)
    }

    /// What the store has to keep of the claims: all of them where the token only refers to the session; otherwise
    /// only those that the tokens which may still be presented do not carry themselves.
    ///
    /// - Parameter onlyOneBefore: whether those are the tokens of just one generation, with the claims in `current`.
    private func keptClaims(
        _ claims: JSONObject, differFrom current: JSONObject, onlyOneBefore: Bool
    ) throws -> [UInt8]? {
        if !tokens.areReferences, onlyOneBefore, claims == current { return nil }
        return try tokens.sealClaims(claims, random: random)
    }

    /// The claims of a token about to be minted: what the `jwt` callback says, if that fits a token.
    func claims(_ request: JWTRequest) async throws -> JSONObject {
        let claims = try await askedClaims(request)
        guard claims.serialized().count <= SessionTokens.claimsLimit else {
            logger.error("claims are too large for a token", metadata: ["limit": "\(SessionTokens.claimsLimit)"])
            throw FlowError(.callbackFailed, "the claims are larger than \(SessionTokens.claimsLimit) bytes")
        }
        return claims
    }

    private func askedClaims(_ request: JWTRequest) async throws -> JSONObject {
        guard let callback = settings.callbacks.jwt else { return SessionToken.withoutReserved(request.token) }
        let answer: JSONObject?
        do {
            answer = try await callback(request)
        } catch {
            logger.error("callback failed", metadata: ["callback": "jwt", "code": "JWT_SESSION_ERROR"])
            throw FlowError(.callbackFailed, "the jwt callback failed", cause: error)
        }
        guard let answer else { throw SessionWithdrawn() }
        return SessionToken.withoutReserved(answer)
    }

    func mint(
        _ session: SessionRecord, of user: UserID, claims: JSONObject, presented: Generation
    ) throws -> ActiveSession {
        let minted = try tokens.mint(session, of: user, claims: claims, random: random)
        // The reference token says nothing of its user: so the next request need not ask.
        if tokens.areReferences { owners.remember(user, of: session.id) }
        return ActiveSession(token: minted.token, replacement: minted, presentedGeneration: presented)
    }
}
