extension HistoryChecker {
    /// Promise 4: a chain of generations never forks.
    func forks(of session: SessionHistory, in history: History) -> [Violation] {
        contentForks(of: session, in: history) + successorForks(of: session)
    }

    /// Whoever gets a generation gets the same token. (Where the store lost it, it may have been made again.)
    private func contentForks(of session: SessionHistory, in history: History) -> [Violation] {
        var first: [UInt32: ClientOperation] = [:]
        return session.operations.compactMap { operation in
            guard let token = operation.received else { return nil }
            guard let other = first[token.generation] else {
                first[token.generation] = operation
                return nil
            }
            guard let same = other.received, same.content != token.content else { return nil }
            return hasLost(in: history, before: max(operation.returned, other.returned))
                ? nil : Violation(.forked, operation, other)
        }
    }

    /// Whoever presents a generation gets the same successor, until that has been used itself, or the claims were
    /// changed.
    private func successorForks(of session: SessionHistory) -> [Violation] {
        let moves = session.operations.filter { $0.presented != nil && $0.received != nil }
        let groups = Dictionary(grouping: moves) { $0.presented?.generation ?? 0 }
        return groups.values.compactMap { group in
            guard let least = group.min(by: { Self.successor($0) < Self.successor($1) }) else { return nil }
            let fork = group.first { move in
                Self.successor(move) > Self.successor(least)
                    && !isExplained(move, by: session.operations, above: Self.successor(least))
            }
            return fork.map { Violation(.forked, $0, least) }
        }
    }

    private static func successor(_ move: ClientOperation) -> UInt32 { move.received?.generation ?? 0 }

    /// Whether somebody may have moved the session past a generation before this operation returned.
    private func isExplained(_ move: ClientOperation, by operations: [ClientOperation], above generation: UInt32)
        -> Bool
    {
        operations.contains { other in
            guard other.invoked < move.returned else { return false }
            if case .update = other.action { return true }
            return (other.presented?.generation ?? 0) >= generation
        }
    }

    private func hasLost(in history: History, before time: Duration) -> Bool {
        history.events.contains { event in
            if case .storeLost(let since, _) = event { since <= time } else { false }
        }
    }
}
