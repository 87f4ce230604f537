internal import Synchronization

/// The subscriptions of a client, so that they end with it.
final class SubscriptionRegistry: Sendable {
    private struct State {
        var buffers: [Int: EventBuffer] = [:]
        var lastID = 0
        var ended: RedisError?
    }

    private let state = Mutex(State())

    /// Adds a subscription; throws where the client has ended.
    func add(_ buffer: EventBuffer) throws(RedisError) -> Int {
        let result: Result<Int, RedisError> = state.withLock { state in
            if let error = state.ended { return .failure(error) }
            state.lastID += 1
            state.buffers[state.lastID] = buffer
            return .success(state.lastID)
        }
        return try result.get()
    }

    func remove(_ id: Int) {
        state.withLock { _ = $0.buffers.removeValue(forKey: id) }
    }

    /// Ends all of them, and refuses new ones.
    func end(_ error: RedisError) {
        let buffers = state.withLock { state in
            state.ended = error
            return Array(state.buffers.values)
        }
        for buffer in buffers { buffer.end(error) }
    }
}
