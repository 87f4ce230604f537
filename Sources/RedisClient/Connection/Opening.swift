internal import NIOCore
internal import RESP

/// The time from the first byte to the end of the handshake, with a limit. Lives on its event loop.
final class Opening {
    private let promise: EventLoopPromise<ServerFacts>
    private var limit: Scheduled<Void>?
    private var isDecided = false

    /// `onTimeout` closes the connection.
    init(eventLoop: any EventLoop) {
        promise = eventLoop.makePromise(of: ServerFacts.self)
    }

    /// What the server said of itself, or why there is no connection (a `RedisError`).
    var facts: EventLoopFuture<ServerFacts> { promise.futureResult }

    /// Calls `onTimeout` where the handshake is not over by then.
    func limit(until deadline: NIODeadline, on eventLoop: any EventLoop, onTimeout: @escaping () -> Void) {
        limit = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { if !self.isDecided { onTimeout() } }
    }

    func succeed(_ facts: ServerFacts) {
        guard decide() else { return }
        promise.succeed(facts)
    }

    func fail(_ error: RedisError) {
        guard decide() else { return }
        promise.fail(error)
    }

    private func decide() -> Bool {
        guard !isDecided else { return false }
        isDecided = true
        limit?.cancel()
        return true
    }
}
