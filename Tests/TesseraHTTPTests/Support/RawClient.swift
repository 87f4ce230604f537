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

    private let state = Mutex(State())
    private let channel: any Channel

    private init(channel: any Channel) { self.channel = channel }

    static func connect(port: Int) async throws -> RawClient {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .connect(host: "localhost", port: port).get()
        let client = RawClient(channel: channel)
        try await channel.eventLoop.submit { [client] in
            try channel.pipeline.syncOperations.addHandler(Collector(client: client))
        }.get()
        try await channel.setOption(.autoRead, value: true).get()
        return client
    }

    func send(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)) }

    func close() async throws { try await channel.close() }

    /// What has come so far.
    var received: String { state.withLock { String(decoding: $0.received, as: UTF8.self) } }

    /// Returns once a text has come (true), or the connection is closed (false).
    func waits(for text: String) async -> Bool {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state in
                state.watchers.append(Watcher(text: text, continuation: continuation))
                return state.reached()
            }
            resume(ready)
        }
    }

    /// Returns once the server has closed the connection.
    func waitUntilClosed() async { _ = await waits(for: "\u{0}never\u{0}") }

    private func resume(_ continuations: [CheckedContinuation<Bool, Never>]) {
        let isClosed = state.withLock { $0.isClosed }
        for continuation in continuations { continuation.resume(returning: !isClosed) }
    }

    private func take(_ bytes: [UInt8]) {
        resume(
            state.withLock { state in
                state.received += bytes
                return state.reached()
            })
    }

    private func end() {
        let ready = state.withLock { state in
            state.isClosed = true
            return state.reached()
        }
        resume(ready)
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let client: RawClient

        init(client: RawClient) { self.client = client }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            client.take(Array(unwrapInboundIn(data).readableBytesView))
        }

        func channelInactive(context: ChannelHandlerContext) { client.end() }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
