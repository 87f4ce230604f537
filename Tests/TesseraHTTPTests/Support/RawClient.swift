import NIOCore
import NIOPosix
import Synchronization

/// A TCP connection on which a test sends bytes as it likes, and waits for what comes back.
final class RawClient: Sendable {
    private struct State {
        var received: [UInt8] = []
        var isClosed = false
        var watchers: [Watcher] = []

        /// What has been waited for and is there now.
        mutating func reached() -> [CheckedContinuation<Bool, Never>] {
            let text = String(decoding: received, as: UTF8.self)
            let ready = watchers.filter { isClosed || text.contains($0.text) }
            watchers.removeAll { isClosed || text.contains($0.text) }
            return ready.map(\.continuation)
        }
    }

    private struct Watcher {
        let text: String
        let continuation: CheckedContinuation<Bool, Never>
    }

    private final class Inbox: Sendable {
        let state = Mutex(State())

        func resume(_ continuations: [CheckedContinuation<Bool, Never>]) {
            let isClosed = state.withLock { $0.isClosed }
            for continuation in continuations { continuation.resume(returning: !isClosed) }
        }

        func take(_ bytes: [UInt8]) {
            resume(
                state.withLock { state in
                    state.received += bytes
                    return state.reached()
                })
        }

        func end() {
            resume(
                state.withLock { state in
                    state.isClosed = true
                    return state.reached()
                })
        }
    }

    private let inbox: Inbox
    private let channel: any Channel

    private init(channel: any Channel, inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    /// - Parameter reads: false for one that takes nothing of what it is sent, and has little room for it.
    static func connect(port: Int, reads: Bool = true) async throws -> RawClient {
        let inbox = Inbox()
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        if !reads {
            bootstrap = bootstrap.channelOption(.autoRead, value: false).channelOption(
                .socketOption(.so_rcvbuf), value: 4096)
        }
        let channel =
            try await bootstrap
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(inbox: inbox))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawClient(channel: channel, inbox: inbox)
    }

    func send(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)) }

    func close() async throws { try await channel.close() }

    /// What has come so far.
    var received: String { inbox.state.withLock { String(decoding: $0.received, as: UTF8.self) } }

    /// Returns once a text has come (true), or the connection is closed (false).
    func waits(for text: String) async -> Bool {
        await withCheckedContinuation { continuation in
            let ready = inbox.state.withLock { state in
                state.watchers.append(Watcher(text: text, continuation: continuation))
                return state.reached()
            }
            inbox.resume(ready)
        }
    }

    /// Returns once the server has closed the connection.
    func waitUntilClosed() async { _ = await waits(for: "\u{0}never\u{0}") }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let inbox: Inbox

        init(inbox: Inbox) { self.inbox = inbox }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            inbox.take(Array(unwrapInboundIn(data).readableBytesView))
        }

        func channelInactive(context: ChannelHandlerContext) { inbox.end() }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
