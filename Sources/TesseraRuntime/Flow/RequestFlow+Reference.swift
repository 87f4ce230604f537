import JSON
import TesseraCore
import TesseraTokens

extension RequestFlow {
    /// Authenticates a reference token: its session and claims come from the user's actor, which keeps them in memory
    /// for a fresh window, so that the store is asked as seldom as with tokens that carry their claims.
    func authenticate(
        _ reference: ReferenceToken, from origin: RequestOrigin, now: Timestamp
    ) async throws -> Authentication {
        guard !mirror.isEnded(reference.session), try await !isBlocked(tokens.id(of: reference)) else {
            return .ended(.revoked)
        }
        guard let user = try await owner(of: reference.session) else {
            try await endUnknown(reference.session, adoptedUntil: nil)
            return .ended(.refused(.unknown))
        }
        if let session = await actors[user].recentCopy(of: reference.session),
            let token = try freshToken(session, user: user, reference: reference, now: now)
        {
            let use = SessionRecord.Use(at: now, generation: reference.generation)
            marks.note(user, session.id, use, adoptedUntil: session.adoptedUntil)
            return .active(ActiveSession(token: token))
        }
        let presented = Command.Presented(
            session: reference.session, generation: reference.generation, device: origin.device)
        return try await move(.rotate(presented), of: user, Presenting(claims: [:], adoptedUntil: nil)) { claims in
            try await self.claims(JWTRequest(token: claims))
        }
    }

    private func freshToken(
        _ session: SessionRecord, user: UserID, reference: ReferenceToken, now: Timestamp
    ) throws -> SessionToken? {
        guard session.generation == reference.generation else { return nil }
        let token = try tokens.token(
            for: session, of: user, claims: try currentClaims(of: session, presented: [:], reference.generation))
        guard mirror.verdict(on: token.facts, at: clock.reading()) == .clear else { return nil }
        return token.isFresh(at: now, window: settings.policy.freshWindow) ? token : nil
    }

    /// Whose a session is; the store is asked where this node has not seen it lately.
    func owner(of session: SessionID) async throws -> UserID? {
        if let owner = owners.find(session) { return owner }
        do {
            guard let owner = try await store.owner(of: session) else { return nil }
            owners.remember(owner, of: session)
            return owner
        } catch {
            throw FlowError(store: error)
        }
    }
}
