/// Lets one refresh of an account's tokens run at a time on this node; whoever asks meanwhile waits for its answer.
///
/// A refresh is a task of its own, not part of the request that caused it: a browser that goes away must not cut it off
/// after the provider has changed the refresh token and before that is written. It has time limits (the
/// provider's and the store's), and `drain` waits for those that run.
package actor RefreshDesk<Key: Hashable & Sendable, Value: Sendable> {
    private var running: [Key: Task<Value, any Error>] = [:]
    private let limit: Int

    /// - Parameter limit: how many may run at once; further ones are refused.
    package init(limit: Int = 1000) { self.limit = limit }

    /// The answer of the refresh that runs for this key, or of `work`, which becomes it.
    ///
    /// - Throws: what `work` throws; `FlowError.overloaded` where too many run; `CancellationError` for a caller that was
    ///   cancelled before he asked. One that is cancelled while he waits gets the answer all the same.
    package func run(_ key: Key, _ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try Task.checkCancellation()
        if let task = running[key] { return try await task.value }
        guard running.count < limit else { throw FlowError(.overloaded, "too many tokens are being refreshed") }
        let task = Task { try await work() }
        running[key] = task
        defer { running[key] = nil }
        return try await task.value
    }

    /// How many run.
    package var count: Int { running.count }

    /// Waits for those that run.
    package func drain() async {
        for task in running.values { _ = try? await task.value }
    }
}
