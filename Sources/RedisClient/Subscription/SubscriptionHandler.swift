internal import NIOCore
internal import RESP

/// The thin edge of a subscribed connection. Lives on its event loop.
final class SubscriptionHandler: ConnectionHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the connection is for.
    struct Plan: Sendable {
        let channels: [String]
        let kind: SubscriptionMachine.Kind
        let handshake: [HandshakeStep]
        /// A replica lets subscribe, too, and delivers what its primary sends it, for as long as it does.
        let refusesReplicas: Bool
        let limits: ReplyLimits
        let keepAliveInterval: Duration
        let allowance: Duration
        let buffer: EventBuffer
        let telemetry: Telemetry
    }

    private let plan: Plan
    private let opening: Opening
    private var machine: SubscriptionMachine
    private var reader: ReplyReader
    var context: ChannelHandlerContext?
    private var replies: [RedisReply] = []
    private var timer: Scheduled<Void>?
    private var closing: RedisError?

    init(_ plan: Plan, opening: Opening) {
        self.plan = plan
        self.opening = opening
        machine = SubscriptionMachine(
            handshake: plan.handshake, channels: plan.channels, kind: plan.kind, now: .now())
        reader = ReplyReader(limits: plan.limits)
    }

    func sendHandshake() { write(plan.handshake.map(\.command)) }

    func finish(_ error: RedisError) {
        guard closing == nil else { return }
        closing = error
        timer?.cancel()
        opening.end(error)
    }

    private func write(_ commands: [RedisCommand]) {
        guard let context else { return }
        var output = context.channel.allocator.buffer(capacity: commands.reduce(0) { $0 + $1.wire.count })
        for command in commands { output.writeBytes(command.wire) }
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        var violation: RESPError?
        do { try reader.read(buffer.readableBytesSpan, into: &replies) } catch { violation = error }
        let now = MonotonicTime.now()
        for reply in replies where closing == nil { act(machine.receive(reply, now: now)) }
        replies.removeAll(keepingCapacity: true)
        if let violation { close(RedisError(ClosingReason.violation(violation))) }
    }

    private func act(_ action: SubscriptionMachine.Action) {
        switch action {
        case .proceed: break
        case .subscribe(let facts) where plan.refusesReplicas && facts.role == .replica:
            close(RedisError(.notPrimary, "the server is a replica"))
        case .subscribe(let facts):
            opening.succeed(facts)
            write(machine.subscribeCommands)
            watch()
        case .subscribed(let channel):
            go(on: plan.buffer.subscribed(channel))
        case .message(let channel, let payload):
            plan.telemetry.received()
            go(on: plan.buffer.message(channel, payload))
        case .unsubscribed:
            close(RedisError(.noPrimary, "the server delivers a channel no more"))
        case .refused(_, let error):
            close(RedisError(.server, "the server refused the subscription", serverError: error))
        case .close(let reason):
            close(RedisError(reason))
        }
    }

    private func go(on isWanted: Bool) {
        if !isWanted { close(.closedClient) }
    }

    /// Looks after the connection: asks for signs of life.
    private func watch() {
        guard closing == nil, let context else { return }
        let attention = machine.watch(
            now: .now(), interval: plan.keepAliveInterval, allowance: plan.allowance)
        switch attention {
        case .close(let reason):
            return close(RedisError(reason))
        case .ping(let next):
            write([RedisCommand("PING")])
            setTimer(next, context)
        case .wait(let next):
            setTimer(next, context)
        }
    }

    private func setTimer(_ time: MonotonicTime, _ context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: time.nioDeadline) { self.watch() }
    }
}
