import Logging
import TesseraCore

extension RequestFlow {
    /// Logs what a command came to, and tells the application of sessions that ended.
    func report(_ outcome: UserActor.Outcome, of user: UserID) async {
        telemetry?.commandAnswered(outcome.reply)
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
        guard let handler = settings.events.sessionsEnded, let change = outcome.change else { return }
        for event in change.endings(of: user, outcome.reply) {
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

extension UserChange {
    /// What this change ends, one event for each reason.
    func endings(of user: UserID, _ reply: Reply) -> [Events.SessionsEnded] {
        var reuse: ReuseKind?
        if case .refused(.reuse(let kind)) = reply { reuse = kind }
        let ended = ended(reply)
        return EndReason.allCases.compactMap { reason in
            guard let sessions = ended[reason] else { return nil }
            return Events.SessionsEnded(
                user: user, sessions: sessions, reason: reason, reuse: reason == .reuse ? reuse : nil)
        }
    }

    /// The sessions that this change ends, by the reason; not those that had reached their limits.
    private func ended(_ reply: Reply) -> [EndReason: [SessionID]] {
        var sessions: [EndReason: [SessionID]] = [:]
        for revocation in revocations where revocation.reason != .expired {
            if case .session(let id) = revocation.fact { sessions[revocation.reason, default: []].append(id) }
        }
        // A whole user's sessions are not revoked one by one.
        for revocation in revocations {
            guard case .user = revocation.fact else { continue }
            if case .ended(let ended) = reply {
                sessions[revocation.reason] = ended
            } else {
                sessions[revocation.reason] = removed
            }
        }
        return sessions
    }

    private var removed: [SessionID] {
        edits.compactMap { edit in if case .remove(let id) = edit { id } else { nil } }
    }
}
