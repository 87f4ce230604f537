import NIOCore
import NIOPosix
import Synchronization

/// A server that answers what a test tells it to: for what no real server does.
package final class ScriptedServer: Sendable {
    /// A command that came in.
    package struct Request: Sendable {
        /// Counts connections, from 1.
        package let connection: Int
        /// Counts the commands of a connection, from 1.
        package let number: Int
        /// The command's name in capitals, and its arguments.
        package let words: [String]
        package var name: String { words.first ?? "" }
    }

    /// What is done about a command.
    package struct Answer: Sendable {
        let bytes: [UInt8]
        let closes: Bool

        /// Bytes as they are; then it goes on.
        package static func bytes(_ bytes: [UInt8]) -> Answer { Answer(bytes: bytes, closes: false) }
        /// Bytes as they are; then it goes on.
        package static func text(_ text: String) -> Answer { bytes(Array(text.utf8)) }
        /// A status.
        package static let ok = text("+OK\r\n")
        /// A bulk string.
        package static func bulk(_ text: String) -> Answer { .text("$\(text.utf8.count)\r\n\(text)\r\n") }
        /// Nothing: the client waits.
        package static let silence = text("")
        /// Bytes, and the end of the connection.
        package static func last(_ text: String) -> Answer { Answer(bytes: Array(text.utf8), closes: true) }
    }

    package typealias Script = @Sendable (Request) -> Answer

    /// Where it listens, on `127.0.0.1`.
    package let port: Int
    private let channel: any Channel
    private let connections: Connections

    private init(channel: any Channel, connections: Connections) throws {
        guard let port = channel.localAddress?.port else { throw RedisServersError("no port") }
        (self.channel, self.connections, self.port) = (channel, connections, port)
    }

    /// Runs a server for the time of a call. A script answers every command of every connection, the handshake's too:
    /// see `answeringHandshake`.
    package static func with<Result>(
        _ script: @escaping Script, _ body: (ScriptedServer) async throws -> Result
    ) async throws -> Result {
        let connections = Connections()
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = Handler(connection: connections.add(channel), script: script)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = try ScriptedServer(channel: channel, connections: connections)
        return try await ending(server.stop) { try await body(server) }
    }

    /// A script that answers what a client says first as a server does, and leaves the rest to another.
    package static func answeringHandshake(_ script: @escaping Script) -> Script {
        { request in
            switch request.name {
            case "AUTH", "SELECT", "CLIENT", "READONLY": .ok
            case "PING": .text("+PONG\r\n")
            case "ROLE": .text("*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n")
            case "INFO": .bulk("role:master\r\nmaster_replid:\(String(repeating: "a", count: 40))\r\n")
            default: script(request)
            }
        }
    }

    /// How many connections were made so far.
    package var connectionCount: Int { connections.count }

    /// Sends bytes that nobody asked for to every open connection.
    package func send(_ text: String) async throws {
        for channel in connections.open { try await channel.writeAndFlush(ByteBuffer(string: text)) }
    }

    private func stop() async throws {
        try await channel.close()
        for channel in connections.open { channel.close(promise: nil) }
    }

    /// Answers one connection.
    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let connection: Int
        private let script: Script
        private var parser = CommandParser()
        private var number = 0

        init(connection: Int, script: @escaping Script) { (self.connection, self.script) = (connection, script) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            parser.append(unwrapInboundIn(data).readableBytesView)
            while let words = parser.next() {
                number += 1
                let named = [words.first?.uppercased() ?? ""] + words.dropFirst()
                let answer = script(Request(connection: connection, number: number, words: named))
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: answer.bytes)), promise: nil)
                if answer.closes { return context.close(promise: nil) }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
