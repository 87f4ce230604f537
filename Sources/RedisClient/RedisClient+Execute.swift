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
        let result =
            isTracing
            ? await Spans.around(command.name) { await self.send(command, key, timing) }
            : await send(command, key, timing)
        return try finish(result, timing)
    }

    /// Sends commands in one piece and gives all answers, in the same order; a server's errors stand among them.
    /// They are not a transaction: those of others may come in between. In a cluster all are about `key`'s slot.
    package func execute(
        batch commands: [RedisCommand], key: RedisKey? = nil, timeout: Duration? = nil
    ) async throws(RedisError) -> [RedisReply] {
        let timing = timing(timeout)
        let result =
            isTracing
            ? await Spans.around("PIPELINE") { await self.send(batch: commands, key, timing) }
            : await send(batch: commands, key, timing)
        return try finish(result, timing)
    }

    /// Sends commands as a transaction (`MULTI`, `EXEC`), in one piece, and gives their answers. When the server
    /// refuses one of them none is executed, and `redis_transaction_discarded` is thrown. An error of a command while
    /// it is executed stands among the answers; the others are executed all the same.
    package func transaction(
        _ commands: [RedisCommand], key: RedisKey? = nil, timeout: Duration? = nil
    ) async throws(RedisError) -> [RedisReply] {
        let timing = timing(timeout)
        let whole = [RedisCommand("MULTI")] + commands + [RedisCommand("EXEC")]
        let replies =
            isTracing
            ? await Spans.around("MULTI") { await self.send(batch: whole, key, timing) }
            : await send(batch: whole, key, timing)
        return try finish(replies.flatMap { Self.outcome(ofTransaction: $0, count: commands.count) }, timing)
    }

    private static func outcome(
        ofTransaction replies: [RedisReply], count: Int
    ) -> Result<[RedisReply], RedisError> {
        switch replies.last {
        case .array(let answers) where answers.count == count:
            return .success(answers)
        case .error(let error):
            // The first error says why, `EXECABORT` only that there is one.
            let first = replies.lazy.compactMap(\.error).first ?? error
            return .failure(
                RedisError(.transactionDiscarded, "the server refused a command of a transaction", serverError: first))
        case .array, .status, .integer, .bytes, .null, nil:
            return .failure(
                RedisError(.protocolViolation, "not the answer to a transaction", mayHaveBeenExecuted: true))
        }
    }

    /// Sends a command to a primary and to no other: fails with `redis_not_primary` where it is not that any more, or
    /// has another `master_replid`, or the key has moved.
    package func execute(
        _ command: RedisCommand, on primary: RedisPrimary, timeout: Duration? = nil
    ) async throws(RedisError) -> RedisReply {
        let timing = timing(timeout)
        let result =
            isTracing
            ? await Spans.around(command.name) { await self.send(command, on: primary, timing, isScript: false) }
            : await send(command, on: primary, timing, isScript: false)
        return try finish(result, timing)
    }

    func finish<Success>(_ result: Result<Success, RedisError>, _ timing: Timing) throws(RedisError) -> Success {
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

// MARK: Sending

extension RedisClient {
    /// Sends a command to where its key is, and follows redirections.
    func send(
        _ command: RedisCommand, _ key: RedisKey?, _ timing: Timing, isScript: Bool = false
    ) async -> Result<RedisReply, RedisError> {
        do {
            var pool = try await topology.pool(for: key, timing)
            var isAsking = false
            var attempt = 0
            while true {
                let result = await send(command, over: pool, timing, isAsking: isAsking)
                guard case .success(.error(let error)) = result else { return result }
                attempt += 1
                guard
                    let next = try await topology.redirection(
                        after: error, from: pool, key: key, attempt: attempt, timing)
                else { return .failure(RedisError(error, isScript: isScript)) }
                telemetry.redirected()
                (pool, isAsking) = (next.pool, next.isAsking)
            }
        } catch {
            return .failure(error)
        }
    }

    private func send(
        _ command: RedisCommand, over pool: ConnectionPool, _ timing: Timing, isAsking: Bool
    ) async -> Result<RedisReply, RedisError> {
        guard isAsking else { return await pool.send(command, timing) }
        return await pool.send(batch: [RedisCommand("ASKING"), command], timing).map { $0.last ?? .null }
    }

    /// Sends a batch to where its key is, and follows redirections while the server has refused all of it.
    func send(
        batch commands: [RedisCommand], _ key: RedisKey?, _ timing: Timing
    ) async -> Result<[RedisReply], RedisError> {
        do {
            let pool = try await topology.pool(for: key, timing)
            return await pool.send(batch: commands, timing)
        } catch {
            return .failure(error)
        }
    }

    /// Sends a command to one primary.
    func send(
        _ command: RedisCommand, on primary: RedisPrimary, _ timing: Timing, isScript: Bool
    ) async -> Result<RedisReply, RedisError> {
        do {
            let pool = try topology.pool(of: primary)
            let result = await pool.send(command, timing, replicationID: primary.replicationID)
            guard case .success(.error(let error)) = result else { return result }
            let elsewhere: Set = ["MOVED", "ASK", "READONLY"]
            guard elsewhere.contains(error.kind) else { return .failure(RedisError(error, isScript: isScript)) }
            return .failure(
                RedisError(
                    .notPrimary, "the server does not take writes for this key",
                    mayHaveBeenExecuted: RedisError(error, isScript: isScript).mayHaveBeenExecuted,
                    serverError: error))
        } catch {
            return .failure(error)
        }
    }
}
