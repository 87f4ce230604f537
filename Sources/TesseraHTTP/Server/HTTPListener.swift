package import Hummingbird
import HummingbirdCore
package import Logging
package import NIOCore

/// How the program's listeners hold clients to limits.
package enum HTTPListener {
    /// The most bytes of a request's head, cookies included.
    package static let headLimit = 64 * 1024
    /// How long a connection may wait for the next request's head.
    package static let idle = TimeAmount.seconds(75)
    /// How long the body of a request may take.
    package static let body = TimeAmount.seconds(30)
    /// How long a client may take nothing of an answer that waits for it.
    package static let write = TimeAmount.seconds(30)

    /// An HTTP/1.1 server for a responder.
    ///
    /// - Parameters:
    ///   - maximumConnections: when so many are open, further ones wait to be accepted.
    ///   - idle: how long a connection may wait for the next request's head.
    ///   - body: how long the body of a request may take.
    ///   - write: how long a client may take nothing of an answer that waits for it.
    ///   - onListening: is told the port that it listens on.
    package static func application<Responder: HTTPResponder>(
        _ responder: Responder, host: String, port: Int, maximumConnections: Int, logger: Logger,
        idle: TimeAmount = idle, body: TimeAmount = body, write: TimeAmount = write,
        onListening: @escaping @Sendable (Int) async -> Void
    ) -> Application<Responder> where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
        let channel = HTTP1Channel.Configuration(
            additionalChannelHandlers: [RequestDeadlineHandler(idle: idle, body: body, write: write)],
            httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                maxHeaderFieldSize: headLimit, maxHeaderListSize: headLimit, maxHeaderFieldCount: 200))
        return Application(
            responder: responder,
            server: HTTPServerBuilder { LoopBoundChannel(HTTP1Channel(responder: $0, configuration: channel)) },
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), serverName: nil,
                availableConnectionsDelegate: MaximumAvailableConnections(maximumConnections)),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) }, logger: logger)
    }
}
