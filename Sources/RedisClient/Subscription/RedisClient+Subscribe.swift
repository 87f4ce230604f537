internal import RESP

extension RedisClient {
    /// Subscribes to channels, on a connection of their own, for as long as `body` runs, and connects again whenever
    /// that connection is lost. `body` reads what happens from the subscription; the first events say which channels
    /// are subscribed.
    ///
    /// - Parameters:
    ///   - channels: their names; at least one.
    ///   - bufferLimit: how many events may wait for the reader; one more ends the subscription with
    ///     `redis_subscription_overflow`, and so do more bytes than `queueByteLimit` of the configuration.
    package func withSubscription<Output>(
        to channels: [String], kind: RedisSubscription.Kind = .plain, bufferLimit: Int = 4096,
        _ body: (RedisSubscription) async throws -> Output
    ) async throws -> Output {
        precondition(!channels.isEmpty, "a subscription has channels")
        let buffer = EventBuffer(limit: bufferLimit, byteLimit: configuration.queueByteLimit)
        let id = try subscriptions.add(buffer)
        defer { subscriptions.remove(id) }
        let supervisor = SubscriptionSupervisor(channels: channels, kind: kind, buffer: buffer, client: self)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await supervisor.run() }
            defer { group.cancelAll() }
            return try await body(RedisSubscription(buffer: buffer))
        }
    }
}
