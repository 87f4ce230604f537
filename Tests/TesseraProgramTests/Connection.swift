import NIOCore
import NIOPosix

/// A TCP connection to a node, for what an HTTP client does not do: to send a request in parts.
struct Connection {
    typealias Inbound = NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator

    private var inbound: Inbound
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var received = ""

    /// Connects to a node, and closes the connection afterwards.
    static func with<Value>(_ url: String, _ body: (inout Connection) async throws -> Value) async throws -> Value {
        let port = url.split(separator: ":").last.flatMap { Int($0) } ?? 0
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var connection = Connection(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await body(&connection)
        }
    }

    private init(inbound: Inbound, outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) {
        self.inbound = inbound
        self.outbound = outbound
    }

    /// Sends a text in one piece.
    func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }

    /// What has come once this text has; `nil` when the node closes the connection before that.
    mutating func receive(until text: String) async throws -> String? {
        while !received.contains(text) {
            guard let more = try await inbound.next(isolation: #isolation) else { return nil }
            received += String(buffer: more)
        }
        return received
    }
}
