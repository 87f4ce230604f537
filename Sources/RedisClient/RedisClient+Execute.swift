package import RESP

extension RedisClient {
    /// Sends a command and gives the answer. A server's error is thrown, with the code `redis_server_error`.
    ///
    /// - Parameters:
    ///   - key: what the command is about; needed in a cluster, where it decides who is asked.
    ///   - timeout: instead of the configuration's `commandTimeout`.
    package func execute(
        _ command: RedisCommand, key: RedisKey? = nil, timeout: Duration? = nil
    ) async throws(RedisError) -> RedisReply {
        let timing = timing(timeout)
        return try await observe(command.name, timing) {
            if let refusal = command.refusal { return .failure(refusal) }
            return await self.send(command, key, timing)
        }
    }

    /// Sends commands in one piece and gives all answers, in the same order; a server's errors stand among them.
    /// They are not a transaction: those of others may come in between. In a cluster all are about `key`'s slot.
    package func execute(
        batch commands: [RedisCommand], key: RedisKey? = nil, timeout: Duration? = nil
    ) async throws(RedisError) -> [RedisReply] {
        let timing = timing(timeout)
        return try await observe("PIPELINE", timing) {
            if let refusal = commands.lazy.compactMap(\.refusal).first { return .failure(refusal) }
            return await self.send(batch: commands, key, timing)
        }
    }

    /// Sends commands as a transaction (`MULTI`, `EXEC`), in one piece, and gives their answers. When the server
    /// refuses one of them none is executed, and `redis_transaction_discarded` is thrown. An error of a command while
    /// it is executed stands among the answers; the others are executed all the same. A server that refuses `MULTI`
    /// itself executes the commands one by one: that is `redis_server_error`, and they may have been executed.
    package func transaction(
        _ commands: [RedisCommand], key: RedisKey? = nil, timeout: Duration? = nil
    ) async throws(RedisError) -> [RedisReply] {
        let timing = timing(timeout)
        let whole = [RedisCommand("MULTI")] + commands + [RedisCommand("EXEC")]
        return try await observe("MULTI", timing) {
            if let refusal = commands.lazy.compactMap(\.refusal).first { return .failure(refusal) }
            return await self.send(transaction: whole, key, timing)
                .flatMap { TransactionOutcome.answers(in: $0, count: commands.count) }
        }
    }

    /// Sends a command to a primary and to no other: fails with `redis_not_primary` where it is not that any more, or
    /// has another `master_replid`, or the key has moved.
    package func execute(
        _ command: RedisCommand, on primary: RedisPrimary, timeout: Duration? = nil
    ) async throws(RedisError) -> RedisReply {
        let timing = timing(timeout)
        return try await observe(command.name, timing) {
            if let refusal = command.refusal { return .failure(refusal) }
            return await self.send(command, on: primary, timing)
        }
    }

    /// A call, with what is measured of it and the span around it.
    func observe<Success: Sendable>(
        _ operation: String, _ timing: Timing, _ call: () async -> Result<Success, RedisError>
    ) async throws(RedisError) -> Success {
        let result = if let spans { await spans.around(operation, call) } else { await call() }
        switch result {
        case .success(let success):
            telemetry.finished(nil, after: timing.submitted)
            return success
        case .failure(let error):
            telemetry.finished(error.code, after: timing.submitted)
            throw error
        }
    }
}
