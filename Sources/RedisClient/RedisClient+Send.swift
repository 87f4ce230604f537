import RESP

extension RedisClient {
    /// Sends a command to where its key is, and follows redirections.
    func send(
        _ command: RedisCommand, _ key: RedisKey?, _ timing: Timing
    ) async -> Result<RedisReply, RedisError> {
        do {
            var pool = try await topology.pool(for: key, timing)
            var isAsking = false
            var attempt = 0
            while true {
                let result = await send(command, over: pool, timing, isAsking: isAsking)
                if case .failure(let error) = result {
                    (pool, isAsking) = (try await successor(of: pool, after: error, key, timing), false)
                    continue
                }
                guard case .success(.error(let error)) = result else { return result }
                attempt += 1
                guard
                    let next = try await topology.redirection(
                        after: error, from: pool, key: key, attempt: attempt, timing)
                else { return .failure(RedisError(error, isScript: command.mayFailHalfway)) }
                telemetry.redirected()
                (pool, isAsking) = (next.pool, next.isAsking)
            }
        } catch {
            return .failure(error)
        }
    }

    /// The pool to use instead of one that was closed before anything was written to it: another server is the primary
    /// now. Throws the error where it says anything else.
    private func successor(
        of pool: ConnectionPool, after error: RedisError, _ key: RedisKey?, _ timing: Timing
    ) async throws(RedisError) -> ConnectionPool {
        guard error.isBeforeWriting else { throw error }
        let next = try await topology.pool(for: key, timing)
        guard next !== pool else { throw error }
        return next
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
                let result = await pool.send(batch: progress.next(asking: isAsking), timing)
                if case .failure(let error) = result {
                    (pool, isAsking) = (try await successor(of: pool, after: error, key, timing), false)
                    continue
                }
                let replies = try result.get()
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
                let result = await pool.send(batch: commands, timing)
                if case .failure(let error) = result {
                    pool = try await successor(of: pool, after: error, key, timing)
                    continue
                }
                let replies = try result.get()
                attempt += 1
                guard let error = TransactionOutcome.redirection(in: replies),
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
        _ command: RedisCommand, on primary: RedisPrimary, _ timing: Timing
    ) async -> Result<RedisReply, RedisError> {
        do {
            let pool = try topology.pool(of: primary)
            let result = await pool.send(command, timing, replicationID: primary.replicationID)
            guard case .success(.error(let error)) = result else { return result }
            let elsewhere: Set = ["MOVED", "ASK", "READONLY", "CLUSTERDOWN", "MASTERDOWN"]
            let failure = RedisError(error, isScript: command.mayFailHalfway)
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
