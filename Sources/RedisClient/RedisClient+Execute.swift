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
        return try await observe(command.name, timing) { await self.send(command, key, timing) }
    }

    /// Sends commands in one piece and gives all answers, in the same order; a server's errors stand among them.
    /// They are not a transaction: those of others may come in between. In a cluster all are about `key`'s slot.
    package func execute(
        batch commands: [RedisCommand], key: RedisKey? = nil, timeout: Duration? = nil
    ) async throws(RedisError) -> [RedisReply] {
        let timing = timing(timeout)
        return try await observe("PIPELINE", timing) { await self.send(batch: commands, key, timing) }
    }

    /// Sends commands as a transaction (`MULTI`, `EXEC`), in one piece, and gives their answers. When the server
    /// refuses one of them none is executed, and `redis_transaction_discarded` is thrown. An error of a command while
    /// it is executed stands among the answers; the others are executed all the same.
    package func transaction(
        _ commands: [RedisCommand], key: RedisKey? = nil, timeout: Duration? = nil
    ) async throws(RedisError) -> [RedisReply] {
        let timing = timing(timeout)
        let whole = [RedisCommand("MULTI")] + commands + [RedisCommand("EXEC")]
        return try await observe("MULTI", timing) {
            await self.send(transaction: whole, key, timing)
                .flatMap { Self.outcome(ofTransaction: $0, count: commands.count) }
        }
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
        return try await observe(command.name, timing) {
            await self.send(command, on: primary, timing, isScript: false)
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

    /// Sends a batch to where its key is. In a cluster, commands that a server refuses because their slot is moving
    /// are sent again, after the others.
    func send(
        batch commands: [RedisCommand], _ key: RedisKey?, _ timing: Timing
    ) async -> Result<[RedisReply], RedisError> {
        var attempt = 0
        do {
            var pool = try await topology.pool(for: key, timing)
            var isAsking = false
            var progress = BatchProgress(commands)
            while true {
                let replies = try await pool.send(batch: progress.next(asking: isAsking), timing).get()
                attempt += 1
                guard let error = progress.take(replies, asking: isAsking),
                    let next = try await topology.redirection(
                        after: error, from: pool, key: key, attempt: attempt, timing)
                else { return .success(progress.result) }
                telemetry.redirected()
                (pool, isAsking) = (next.pool, next.isAsking)
            }
        } catch {
            // After the first attempt some commands have been executed.
            return .failure(attempt == 0 ? error : error.afterWriting())
        }
    }

    /// Sends a transaction to where its key is: `MULTI`, commands, `EXEC`. A server that discards it because of where
    /// it is has executed nothing.
    func send(
        transaction commands: [RedisCommand], _ key: RedisKey?, _ timing: Timing
    ) async -> Result<[RedisReply], RedisError> {
        do {
            var pool = try await topology.pool(for: key, timing)
            var attempt = 0
            while true {
                let replies = try await pool.send(batch: commands, timing).get()
                attempt += 1
                guard let error = BatchProgress.refusal(ofTransaction: replies),
                    let next = try await topology.redirection(
                        after: error, from: pool, key: key, attempt: attempt, timing)
                else { return .success(replies) }
                telemetry.redirected()
                // `ASKING` counts for one command only: a transaction waits here until its slot has moved.
                if !next.isAsking { pool = next.pool }
            }
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
            let elsewhere: Set = ["MOVED", "ASK", "READONLY", "CLUSTERDOWN", "MASTERDOWN"]
            let failure = RedisError(error, isScript: isScript)
            guard elsewhere.contains(error.kind) else { return .failure(failure) }
            topology.suspect(failure, at: pool.address)
            return .failure(
                RedisError(
                    .notPrimary, "the server does not take writes for this key",
                    mayHaveBeenExecuted: failure.mayHaveBeenExecuted, serverError: error))
        } catch {
            return .failure(error)
        }
    }
}
