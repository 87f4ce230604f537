import RESP

/// What the replies to `MULTI`, commands and `EXEC` mean.
enum TransactionOutcome {
    /// The answers of so many commands, or why there are none.
    static func answers(in replies: [RedisReply], count: Int) -> Result<[RedisReply], RedisError> {
        // The first error says why, `EXECABORT` only that there is one.
        let first = replies.lazy.compactMap(\.error).first
        if isDiscarded(replies) {
            return .failure(
                RedisError(.transactionDiscarded, "the server refused a command of a transaction", serverError: first))
        }
        if isBegun(replies), case .array(let answers) = replies.last, answers.count == count {
            return .success(answers)
        }
        if let first {
            // Without `MULTI` the commands were executed one by one.
            return .failure(
                RedisError(
                    .server, "the server refused the transaction, and perhaps not its commands",
                    mayHaveBeenExecuted: true, serverError: first))
        }
        return .failure(RedisError(.protocolViolation, "not the answer to a transaction", mayHaveBeenExecuted: true))
    }

    /// The error for which a transaction was discarded, where it says that the commands belong elsewhere: then none of
    /// them has been executed.
    static func redirection(in replies: [RedisReply]) -> RedisServerError? {
        guard isDiscarded(replies) else { return nil }
        return replies.lazy.compactMap(\.error).first { RedirectionAdvice.isRedirection($0) }
    }

    private static func isBegun(_ replies: [RedisReply]) -> Bool { replies.first == .status("OK") }

    /// Whether certainly nothing was executed: the server began a transaction, and refused to execute it. It refuses
    /// `EXEC` with a redirection where the slot moved after the commands were queued.
    private static func isDiscarded(_ replies: [RedisReply]) -> Bool {
        guard isBegun(replies), let error = replies.last?.error else { return false }
        return error.kind == "EXECABORT" || RedirectionAdvice.isRedirection(error)
    }
}
