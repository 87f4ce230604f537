internal import Synchronization

/// Tells whoever listens which primaries there are, whenever that changes. A slow listener gets the newest only.
final class TopologyChanges: Sendable {
    private struct State {
        var primaries: [RedisPrimary] = []
        var listeners: [Int: AsyncStream<[RedisPrimary]>.Continuation] = [:]
        var lastID = 0
        var isFinished = false
    }

    private let state = Mutex(State())

    /// The primaries from now on; what is known already comes first.
    func stream() -> AsyncStream<[RedisPrimary]> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: [RedisPrimary].self, bufferingPolicy: .bufferingNewest(1))
        let (id, isFinished) = state.withLock { state in
            state.lastID += 1
            if !state.isFinished { state.listeners[state.lastID] = continuation }
            if !state.primaries.isEmpty { continuation.yield(state.primaries) }
            return (state.lastID, state.isFinished)
        }
        if isFinished { continuation.finish() }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: id) }
        }
        return stream
    }

    /// Tells everybody, where it is news.
    func publish(_ primaries: [RedisPrimary]) {
        publish { primaries }
    }

    /// Looks which primaries there are (`nil` where that is not known), and tells everybody, where it is news. It looks
    /// and tells under one lock, so that of two who call at once none tells what is older than what has been told.
    func publish(_ look: () -> [RedisPrimary]?) {
        state.withLock { state in
            guard let primaries = look(), state.primaries != primaries else { return }
            state.primaries = primaries
            for listener in state.listeners.values { listener.yield(primaries) }
        }
    }

    /// Ends all streams.
    func finish() {
        let listeners = state.withLock { state in
            state.isFinished = true
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }
}
