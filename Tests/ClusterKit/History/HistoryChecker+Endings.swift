extension HistoryChecker {
    /// Promises 1, 3 and 5: what was ended is not accepted any more.
    func acceptances(of session: SessionHistory, in history: History) -> [Violation] {
        let endings = session.endings.filter { isCertain($0, for: session) && !isExcused($0, in: history) }
        let refusals = session.operations.filter { $0.presented != nil && $0.outcome == .refused }
        return session.operations.filter(\.isAcceptance).compactMap { acceptance in
            if let ending = endings.first(where: { acceptance.invoked > $0.returned + margin(of: $0) }) {
                return Violation(kind(of: ending), acceptance, ending)
            }
            if let refusal = refusals.first(where: { acceptance.invoked > $0.returned + bound }) {
                return Violation(.revived, acceptance, refusal)
            }
            return nil
        }
    }

    /// Whether the revocation has returned, and certainly meant this session: one of a user does not mean those that
    /// begin meanwhile.
    private func isCertain(_ ending: ClientOperation, for session: SessionHistory) -> Bool {
        guard case .revoked = ending.outcome, case .revoke(let target) = ending.action else { return false }
        switch target {
        case .session: return true
        case .user, .everybody: return session.begun.map { $0 < ending.invoked } ?? false
        }
    }

    /// Not promised is a revocation that no living node heard of, and no living copy of the store kept.
    private func isExcused(_ ending: ClientOperation, in history: History) -> Bool {
        if acknowledgement(of: ending).isReplicated { return false }
        let isGone = history.events.contains { event in
            if case .storeLost(let since, let until) = event {
                ending.returned >= since && ending.invoked <= until
            } else {
                false
            }
        }
        let isForgotten = history.events.contains { event in
            if case .nodesForgot(let time) = event { time >= ending.invoked } else { false }
        }
        return isGone && isForgotten
    }

    private func acknowledgement(of ending: ClientOperation) -> ClientOperation.Acknowledgement {
        if case .revoked(let acknowledgement) = ending.outcome {
            acknowledgement
        } else {
            ClientOperation.Acknowledgement()
        }
    }

    private func margin(of ending: ClientOperation) -> Duration {
        acknowledgement(of: ending).isConfirmed ? .zero : bound
    }

    private func kind(of ending: ClientOperation) -> Violation.Kind {
        let acknowledgement = acknowledgement(of: ending)
        if acknowledgement.isConfirmed { return .acceptedAfterConfirmation }
        return acknowledgement.isReplicated ? .replicatedLost : .acceptedAfterBound
    }

    /// Promise 2: who is told to be signed out was signed out by somebody, or lost with the store's data, or has shown
    /// a token that was long replaced.
    func signOuts(of session: SessionHistory, in history: History) -> [Violation] {
        let refusals = session.operations.filter { $0.presented != nil && $0.outcome == .refused }
        guard !refusals.isEmpty else { return [] }
        let ended = session.endings.map(\.invoked).min()
        let reused = earliestReuse(in: session)
        return refusals.compactMap { refusal in
            let causes = [ended, reused].compactMap { $0 }.filter { $0 <= refusal.returned }
            if !causes.isEmpty || session.mayBeLost(in: history, before: refusal.returned) { return nil }
            return Violation(.signedOutByFailure, refusal)
        }
    }

    /// When a generation was presented first that may count as reuse: one whose successor was given out longer ago than
    /// the grace, and is in use.
    private func earliestReuse(in session: SessionHistory) -> Duration? {
        session.operations.compactMap { operation -> Duration? in
            guard let generation = operation.presented?.generation else { return nil }
            let given = session.operations.first { ($0.received?.generation ?? 0) > generation }
            guard let given, operation.returned > given.invoked + grace else { return nil }
            let isInUse = session.operations.contains { other in
                (other.presented?.generation ?? 0) > generation && other.invoked < operation.returned
            }
            return isInUse ? operation.invoked : nil
        }.min()
    }
}
