package import RESP

extension RedisClient {
    /// Calls a script by its hash, and sends the source only to a server that does not know it. In a cluster all keys
    /// are in one slot, and the first says which.
    package func evaluate(
        _ script: RedisScript, keys: [RedisKey], arguments: [RedisArgument] = [], timeout: Duration? = nil
    ) async throws(RedisError) -> RedisReply {
        try await call(script, keys, arguments, timeout) { command, timing in
            await self.send(command, keys.first, timing)
        }
    }

    /// Calls a script on a primary and on no other, as `execute(_:on:)` does.
    package func evaluate(
        _ script: RedisScript, keys: [RedisKey], arguments: [RedisArgument] = [], on primary: RedisPrimary,
        timeout: Duration? = nil
    ) async throws(RedisError) -> RedisReply {
        try await call(script, keys, arguments, timeout) { command, timing in
            await self.send(command, on: primary, timing)
        }
    }

    private func call(
        _ script: RedisScript, _ keys: [RedisKey], _ arguments: [RedisArgument], _ timeout: Duration?,
        _ send: (RedisCommand, Timing) async -> Result<RedisReply, RedisError>
    ) async throws(RedisError) -> RedisReply {
        let timing = timing(timeout)
        return try await observe(script.name, timing) {
            let result = await send(script.call(keys: keys, arguments: arguments), timing)
            guard case .failure(let error) = result, error.serverError?.kind == "NOSCRIPT" else { return result }
            return await send(script.firstCall(keys: keys, arguments: arguments), timing)
        }
    }
}
