internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import RESP

/// A channel and the handler at its end.
struct ConnectionParts<Handler>: Sendable {
    let channel: any Channel
    let handler: NIOLoopBound<Handler>
    let facts: EventLoopFuture<ServerFacts>
    /// Why it ended; never fails.
    let end: EventLoopFuture<RedisError>
}

/// Makes connections: TCP or a Unix socket, TLS, handshake; all within one limit of time.
struct Connector: Sendable {
    let configuration: RedisConfiguration
    private let group: any EventLoopGroup
    private let tls: TLSContext?

    init(configuration: RedisConfiguration, group: any EventLoopGroup) {
        self.configuration = configuration
        self.group = group
        tls = configuration.tls.map(TLSContext.init)
    }

    /// For timers.
    var eventLoop: any EventLoop { group.any() }

    /// The handshake with a server that keeps data.
    var dataHandshake: [HandshakeStep] {
        HandshakeStep.steps(
            user: configuration.credentials?.user, password: configuration.credentials?.password,
            clientName: configuration.clientName, database: configuration.database)
    }

    /// A connection for commands that is ready.
    func connect(to address: RedisAddress, handshake: [HandshakeStep]) async throws(RedisError) -> Connection {
        let intake = Intake(commandLimit: configuration.queueLimit, byteLimit: configuration.queueByteLimit)
        let limits = configuration.replyLimits
        let (parts, facts) = try await open(address) { opening in
            CommandHandler(handshake: handshake, limits: limits, intake: intake, opening: opening)
        } onTimeout: { handler in
            handler.close(RedisError(.unavailable, "the server did not answer the handshake in time"))
        }
        return Connection(parts, intake: intake, address: address, facts: facts)
    }

    /// Opens a channel with a handler at its end, and waits for the end of the handshake.
    func open<Handler: ChannelInboundHandler & SendableMetatype>(
        _ address: RedisAddress, makeHandler: @escaping @Sendable (Opening) -> Handler,
        onTimeout: @escaping @Sendable (Handler) -> Void
    ) async throws(RedisError) -> (ConnectionParts<Handler>, ServerFacts) {
        let deadline = NIODeadline.now() + TimeAmount(configuration.connectTimeout)
        do {
            let security = try await tls?.context()
            let parts = try await connect(address) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let security {
                        try channel.pipeline.syncOperations.addHandler(makeTLSHandler(security, address))
                    }
                    let opening = Opening(eventLoop: channel.eventLoop)
                    let handler = makeHandler(opening)
                    opening.limit(until: deadline, on: channel.eventLoop) { onTimeout(handler) }
                    try channel.pipeline.syncOperations.addHandler(handler)
                    return ConnectionParts(
                        channel: channel, handler: NIOLoopBound(handler, eventLoop: channel.eventLoop),
                        facts: opening.facts, end: opening.end)
                }
            }
            let facts = try await withTaskCancellationHandler {
                try await parts.facts.get()
            } onCancel: {
                parts.channel.close(promise: nil)
            }
            return (parts, facts)
        } catch {
            throw RedisError(connecting: error)
        }
    }

    private func connect<Output: Sendable>(
        _ address: RedisAddress, initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
    ) async throws -> Output {
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(.socketOption(.so_keepalive), value: 1)
        return switch address {
        case .host(let host, let port):
            try await bootstrap.connect(host: host, port: port, channelInitializer: initializer)
        case .unixSocket(let path):
            try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: initializer)
        }
    }

    private func makeTLSHandler(_ context: NIOSSLContext, _ address: RedisAddress) throws -> NIOSSLClientHandler {
        var name = configuration.tls?.serverName
        // An address is not announced (RFC 6066, section 3); the certificate is compared with that of the peer.
        if name == nil, case .host(let host, _) = address, !RedisTLS.isAddress(host) { name = host }
        return try NIOSSLClientHandler(context: context, serverHostname: name)
    }
}
