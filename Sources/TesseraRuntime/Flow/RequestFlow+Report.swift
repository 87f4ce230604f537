import Logging
import TesseraCore

extension RequestFlow {
    /// Logs what a command came to, and tells the application of sessions that ended.
    func report(_ outcome: UserActor.Outcome, of user: UserID) async {
        switch outcome.reply {
        case .rotated(let session, recovered: true):
            logger.warning(
                "session record was behind its token and moved forward",
                metadata: ["user": "\(user)", "sid": "\(session.id)", "generation": "\(session.generation)"])
        case .refused(.reuse(let kind)):
            logger.warning(
                "old generation presented again, session revoked",
                metadata: ["user": "\(user)", "reuse": "\(kind.rawValue)"])
        case .started, .rotated, .sameSuccessor, .refused, .ended: break
        }
        await tellEnded(outcome, of: user)
    }

    private func tellEnded(_ outcome: UserActor.Outcome, of user: UserID) async {
        guard let handler = settings.events.sessionsEnded else { return }
        var sessions: [EndReason: [SessionID]] = [:]
        for revocation in outcome.revocations {
            if case .session(let id) = revocation.fact { sessions[revocation.reason, default: []].append(id) }
        }
        if case .ended(let ended) = outcome.reply, let revocation = outcome.revocations.first {
            if case .user = revocation.fact { sessions[revocation.reason] = ended }
        }
        var reuse: ReuseKind?
        if case .refused(.reuse(let kind)) = outcome.reply { reuse = kind }
        for (reason, ids) in sessions {
            let event = Events.SessionsEnded(
                user: user, sessions: ids, reason: reason, reuse: reason == .reuse ? reuse : nil)
            await tell("SESSIONS_ENDED_EVENT_ERROR") { try await handler(event) }
        }
    }

    /// Calls an event handler; what it throws is logged under a code and goes no further (contract 4.7).
    func tell(_ code: String, _ handler: () async throws -> Void) async {
        do {
            try await handler()
        } catch {
            logger.error("event handler failed", metadata: ["code": "\(code)", "error": "\(type(of: error))"])
        }
    }
}
