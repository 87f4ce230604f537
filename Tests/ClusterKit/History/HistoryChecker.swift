/// Says which promises a history breaks. Pure: it knows nothing but the history, and neither how nodes keep their
/// promises nor what time it is.
///
/// It never accuses wrongly: where two orders of concurrent operations are possible, the harmless one counts.
package struct HistoryChecker: Sendable {
    /// How long after the return of a revocation a token may still be accepted.
    package var bound: Duration
    /// For how long a generation may be presented after its successor was first given out, whoever uses that.
    package var grace: Duration

    package init(bound: Duration = .seconds(2), grace: Duration = .seconds(30)) {
        self.bound = bound
        self.grace = grace
    }

    /// What is broken; empty when nothing is.
    package func violations(in history: History) -> [Violation] {
        let sessions = SessionHistory.all(in: history)
        return Self.failures(in: history)
            + sessions.flatMap { acceptances(of: $0, in: history) }
            + sessions.flatMap { forks(of: $0, in: history) }
            + sessions.flatMap { signOuts(of: $0, in: history) }
    }

    private static func failures(in history: History) -> [Violation] {
        history.operations.flatMap { operation -> [Violation] in
            if case .failed = operation.outcome { return [Violation(.failed, operation)] }
            guard case .unavailable(let answer) = operation.outcome else { return [] }
            return (answer.clearsCookie ? [Violation(.clearedByFailure, operation)] : [])
                + (answer.hasRetryAfter ? [] : [Violation(.noRetryAfter, operation)])
        }
    }
}

/// What a history has of one session.
struct SessionHistory {
    let session: String
    let user: String
    /// Where its token was presented or received, in the order in which they began.
    let operations: [ClientOperation]
    /// The attempts to end it, whatever came of them.
    let endings: [ClientOperation]

    /// When it was certainly there.
    var begun: Duration? { operations.first { $0.received != nil || $0.isAcceptance }?.returned }

    static func all(in history: History) -> [SessionHistory] {
        var operations: [String: [ClientOperation]] = [:]
        var users: [String: String] = [:]
        var endings: [ClientOperation] = []
        for operation in history.operations.sorted(by: { $0.invoked < $1.invoked }) {
            if case .revoke = operation.action { endings.append(operation) }
            guard let token = operation.presented ?? operation.received else { continue }
            operations[token.session, default: []].append(operation)
            users[token.session] = token.user
        }
        return operations.keys.sorted().map { session in
            let user = users[session] ?? ""
            return SessionHistory(
                session: session, user: user, operations: operations[session] ?? [],
                endings: endings.filter { $0.names(session, of: user) })
        }
    }

    /// Whether what the store knew of the session may have been lost.
    func mayBeLost(in history: History, before time: Duration) -> Bool {
        history.events.contains { event in
            guard case .storeLost(let since, let until) = event, until <= time else { return false }
            guard let first = operations.first else { return true }
            return first.returned >= since && first.invoked <= until
        }
    }
}

extension ClientOperation {
    /// Whether it is a revocation that names this session.
    func names(_ session: String, of user: String) -> Bool {
        guard case .revoke(let target) = action else { return false }
        return switch target {
        case .session(let name): name == session
        case .user(let name): name == user
        case .everybody: true
        }
    }
}
