import Logging
package import TesseraCore
import TesseraTokens

extension RequestFlow {
    /// What came of a revocation.
    package struct RevocationResult: Sendable {
        /// The sessions that it ended. What the store did not know is not listed, though no token of it counts any more.
        package let sessions: [SessionID]
        /// How safe it is.
        package let durability: Durability
    }

    /// The live sessions of a user, the most recently used first.
    package func sessions(of user: UserID) async throws -> [SessionRecord] {
        try await actors[user].read().liveSessions(at: clock.now())
    }

    /// Ends a session, even if the store does not know it: for a caller who has shown that it is this user's. The result
    /// lists it only where the store knew it.
    ///
    /// Whether a session that the store does not know was adopted is not known either; it is then remembered for as
    /// long as a NextAuth.js token usually lives, so that it is not adopted again.
    package func end(_ session: SessionID, of user: UserID, reason: EndReason) async throws -> RevocationResult {
        let until = clock.now() + max(.days(30), settings.policy.absoluteTimeout)
        return try await revoke(.end(session, evenIfUnknown: true, reason: reason, adoptedUntil: until), of: user)
    }

    /// Ends the session of a token.
    func end(
        _ token: SessionToken, reason: EndReason, telling occurrences: [Occurrence] = []
    ) async throws -> RevocationResult {
        try await revoke(
            .end(token.session, evenIfUnknown: true, reason: reason, adoptedUntil: token.adoptedUntil), of: token.user,
            telling: occurrences)
    }

    /// Ends one of a user's sessions on his own wish. Returns no session when it is not his.
    package func endOwn(_ session: SessionID, of user: UserID) async throws -> RevocationResult {
        try await revoke(.end(session, evenIfUnknown: false, reason: .revokedByUser), of: user)
    }

    /// Ends all of a user's sessions but one; also those of NextAuth.js that have not been taken over yet.
    package func endOthers(of user: UserID, keeping session: SessionID) async throws -> RevocationResult {
        let mayComeLater = settings.adoption.accepts(at: clock.now())
        return try await revoke(
            .endOthers(keeping: session, reason: .revokedByUser, refusingOlder: mayComeLater), of: user)
    }

    /// Ends all of a user's sessions, and all his tokens, by raising his epoch.
    package func endAll(
        of user: UserID, reason: EndReason, telling occurrences: [Occurrence] = []
    ) async throws -> RevocationResult {
        try await revoke(.endAll(reason: reason), of: user, telling: occurrences)
    }

    /// Ends all sessions of everybody.
    package func endEverybody(reason: EndReason) async throws -> RevocationResult {
        let revoked: EverybodyRevocation
        do {
            revoked = try await store.revokeEverybody(at: clock.now(), reason: reason)
        } catch {
            mirror.doubt(nil)
            throw FlowError(store: error)
        }
        let fact = EndedFact.everybody(below: revoked.deployment.epoch)
        mirror.insert([Revocation(fact: fact, expires: .distantFuture, reason: reason)])
        actors.removeAll()
        marks.forgetAll()
        logger.notice("all sessions of everybody revoked", metadata: ["reason": "\(reason.rawValue)"])
        return RevocationResult(sessions: [], durability: revoked.durability)
    }

    /// Puts one token on the blocklist until it expires.
    package func block(_ token: TokenID, until expires: Timestamp, reason: EndReason) async throws -> RevocationResult {
        let revocation = Revocation(fact: .token(token), expires: expires, reason: reason)
        let durability: Durability
        do {
            durability = try await store.block(revocation)
        } catch {
            mirror.doubt(nil)
            throw FlowError(store: error)
        }
        mirror.insert([revocation])
        return RevocationResult(sessions: [], durability: durability)
    }

    func revoke(
        _ command: Command, of user: UserID, telling occurrences: [Occurrence] = []
    ) async throws -> RevocationResult {
        let outcome = try await actors[user].run(command, messages: messageMaker(of: user, telling: occurrences))
        await report(outcome, of: user)
        guard case .ended(let sessions) = outcome.reply else {
            preconditionFailure("ending is always answered with what ended")
        }
        return RevocationResult(sessions: sessions, durability: outcome.durability ?? .primary)
    }
}
