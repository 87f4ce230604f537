import NIOCore
import NIOPosix
import Synchronization

/// Passes connections on to a server, and can cut, hold or delay them.
package final class TCPProxy: Sendable {
    /// A direction.
    package enum Direction: Sendable, CaseIterable {
        /// From the client to the server.
        case up
        /// From the server to the client.
        case down
    }

    /// What happens to the bytes of a direction.
    struct Fault: Sendable {
        /// Bytes stay here until this is over.
        var holds = false
        var delay = TimeAmount.zero
        /// After so many more bytes both sides are closed.
        var remaining: Int?
    }

    struct Faults: Sendable {
        var up = Fault()
        var down = Fault()
        /// New connections are closed at once.
        var refuses = false

        subscript(direction: Direction) -> Fault {
            get { direction == .up ? up : down }
            set { if direction == .up { up = newValue } else { down = newValue } }
        }
    }

    /// Where it listens, on `127.0.0.1`.
    package let port: Int
    private let listener: any Channel
    private let connections: Connections
    private let shared: SharedFaults

    private init(listener: any Channel, connections: Connections, shared: SharedFaults) throws {
        guard let port = listener.localAddress?.port else { throw RedisServersError("no port") }
        (self.listener, self.connections, self.shared, self.port) = (listener, connections, shared, port)
    }

    /// Starts one in front of a port of this host.
    package static func start(to target: Int) async throws -> TCPProxy {
        let (connections, shared) = (Connections(), SharedFaults())
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in
                _ = connections.add(client)
                return Self.connect(client, to: target, shared)
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return try TCPProxy(listener: listener, connections: connections, shared: shared)
    }

    /// Runs one for the time of a call.
    package static func with<Result>(
        to target: Int, _ body: (TCPProxy) async throws -> Result
    ) async throws -> Result {
        let proxy = try await start(to: target)
        return try await ending(proxy.stop) { try await body(proxy) }
    }

    private static func connect(
        _ client: any Channel, to target: Int, _ shared: SharedFaults
    ) -> EventLoopFuture<Void> {
        if shared.faults.refuses { return client.eventLoop.makeFailedFuture(RedisServersError("refused")) }
        return ClientBootstrap(group: client.eventLoop)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: target)
            .flatMapThrowing { server in
                // Both run on the client's event loop.
                let up = PassingHandler(from: client, to: server, direction: .up, shared)
                let down = PassingHandler(from: server, to: client, direction: .down, shared)
                try client.pipeline.syncOperations.addHandler(up)
                try server.pipeline.syncOperations.addHandler(down)
                client.closeFuture.whenComplete { _ in server.close(promise: nil) }
                server.closeFuture.whenComplete { _ in client.close(promise: nil) }
                for channel in [client, server] { channel.setOption(.autoRead, value: true).whenComplete { _ in } }
            }
    }

    /// How many connections were taken so far.
    package var connectionCount: Int { connections.count }

    /// Closes all connections; new ones are taken.
    package func cut() async throws {
        for client in connections.open { try? await client.close() }
    }

    /// Closes all connections, and refuses new ones until `accept()`.
    package func refuse() async throws {
        shared.change { $0.refuses = true }
        try await cut()
    }

    /// Takes connections again.
    package func accept() { shared.change { $0.refuses = false } }

    /// Keeps the bytes of a direction back until `release`; connections stay open.
    package func hold(_ direction: Direction) { shared.change { $0[direction].holds = true } }

    /// Lets the bytes go that `hold` kept back, in order.
    package func release(_ direction: Direction) { shared.change { $0[direction].holds = false } }

    /// Delays the bytes of a direction.
    package func delay(_ direction: Direction, by time: Duration) {
        let nanoseconds = time.components.seconds * 1_000_000_000 + time.components.attoseconds / 1_000_000_000
        shared.change { $0[direction].delay = .nanoseconds(nanoseconds) }
    }

    /// Closes a connection after so many more bytes of a direction: in the middle of a message, if need be. Once only.
    package func cut(after bytes: Int, _ direction: Direction) { shared.change { $0[direction].remaining = bytes } }

    /// Closes everything.
    package func stop() async throws {
        try await listener.close()
        try await cut()
    }
}
