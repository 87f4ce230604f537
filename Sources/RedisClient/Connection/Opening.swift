internal import NIOCore
internal import RESP

/// The beginning and the end of a connection, for those who wait for them. Lives on its event loop.
final class Opening {
    private let opened: EventLoopPromise<ServerFacts>
    private let ended: EventLoopPromise<RedisError>
    private var limit: Scheduled<Void>?
    private var isOpened = false

    init(eventLoop: any EventLoop) {
        opened = eventLoop.makePromise(of: ServerFacts.self)
        ended = eventLoop.makePromise(of: RedisError.self)
    }

    /// What the server said of itself, or why there is no connection (a `RedisError`).
    var facts: EventLoopFuture<ServerFacts> { opened.futureResult }

    /// Why the connection has ended. It never fails.
    var end: EventLoopFuture<RedisError> { ended.futureResult }

    /// Calls `onTimeout` where the handshake is not over by then.
    func limit(until deadline: NIODeadline, on eventLoop: any EventLoop, onTimeout: @escaping () -> Void) {
        limit = eventLoop.assumeIsolated().scheduleTask(deadline: deadline, onTimeout)
    }

    /// The handshake is over.
    func succeed(_ facts: ServerFacts) {
        isOpened = true
        limit?.cancel()
        opened.succeed(facts)
    }

    /// The connection is over, now or before the handshake was. Call it once.
    func end(_ error: RedisError) {
        limit?.cancel()
        if !isOpened { opened.fail(error) }
        ended.succeed(error)
    }
}
