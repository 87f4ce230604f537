internal import NIOCore
internal import RESP

/// The thin edge of a connection for commands: carries bytes between the socket, the reader and the machine, and
/// resumes whoever waits. Lives on its event loop.
final class CommandHandler: ConnectionHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let keptCapacity = 64 << 10

    private let handshake: [HandshakeStep]
    private let intake: Intake
    private let opening: Opening
    private var machine: ConnectionMachine
    private var reader: ReplyReader
    var context: ChannelHandlerContext?
    /// Those that wait for replies, in step with the machine's entries.
    private var written = CircularBuffer<Request>()
    /// The replies of the oldest, if it is a batch.
    private var collected: [RedisReply] = []
    private var closing: RedisError?
    private var timer: Scheduled<Void>?
    private var timerDeadline: NIODeadline?
    // Kept from one turn to the next for their memory.
    private var replies: [RedisReply] = []
    private var batch = Intake.Batch()
    private var output = ByteBuffer()

    init(handshake: [HandshakeStep], limits: ReplyLimits, intake: Intake, opening: Opening) {
        self.handshake = handshake
        self.intake = intake
        self.opening = opening
        machine = ConnectionMachine(handshake: handshake)
        reader = ReplyReader(limits: limits)
    }

    // MARK: Life

    func sendHandshake() {
        for step in handshake { output.writeBytes(step.command.wire) }
        write()
    }

    /// Takes no more commands and closes when the last answer is there.
    func drain() {
        takeRequests()
        refuse(.closedClient)
        machine.drain()
        closeIfDrained()
    }

    private func closeIfDrained() {
        if machine.isDrained { close(.closedClient) }
    }

    private func refuse(_ error: RedisError) {
        for request in intake.close(error) { fail(request, error) }
    }

    private func fail(_ request: Request, _ error: RedisError) {
        intake.release(request)
        request.answer(.failure(error))
    }

    func finish(_ error: RedisError) {
        guard closing == nil else { return }
        closing = error
        timer?.cancel()
        opening.end(error)
        refuse(RedisError(.connectionLost, error.message, serverError: error.serverError))
        let lost = error.afterWriting()
        for position in machine.disconnect() { request(at: position).answer(.failure(lost)) }
        written.removeAll()
    }

    private func request(at position: Int) -> Request {
        written[written.index(written.startIndex, offsetBy: position)]
    }

    // MARK: From callers to the socket

    /// Writes what callers have left, all in one.
    func takeRequests() {
        intake.take(into: &batch)
        let now = MonotonicTime.now()
        for request in batch.requests { submit(request, now: now) }
        batch.requests.removeAll(keepingCapacity: true)
        if !batch.cancelled.isEmpty { abandonCancelled() }
        write()
    }

    private func submit(_ request: Request, now: MonotonicTime) {
        let timing = request.timing
        guard timing.deadline > now else { return fail(request, .timedOut(written: false)) }
        let isTaken = machine.submit(
            replies: request.replyCount, now: now, deadline: timing.deadline, allowance: timing.allowance)
        guard isTaken else { return fail(request, RedisError(.connectionLost, "the connection takes no commands")) }
        switch request.content {
        case .one(let command): output.writeBytes(command.wire)
        case .batch(let commands): for command in commands { output.writeBytes(command.wire) }
        }
        written.append(request)
        setTimer(timing.deadline.nioDeadline)
    }

    private func write() {
        guard let context, output.readableBytes > 0 else { return }
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        // The socket usually has taken it all, and then the memory is used again; not that of a rare large write.
        if output.storageCapacity > Self.keptCapacity { output = ByteBuffer() } else { output.clear() }
    }

    private func abandonCancelled() {
        let cancelled = Set(batch.cancelled)
        batch.cancelled.removeAll(keepingCapacity: true)
        for (position, request) in written.enumerated() where cancelled.contains(request.id) {
            if machine.abandon(at: position) { request.answer(.failure(.cancelled(written: true))) }
        }
    }

    // MARK: From the socket to callers

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        var violation: RESPError?
        do { try reader.read(buffer.readableBytesSpan, into: &replies) } catch { violation = error }
        let now = MonotonicTime.now()
        // What follows a violation is no longer in an order that means anything.
        for reply in replies where closing == nil { take(reply, now: now) }
        replies.removeAll(keepingCapacity: true)
        if let violation { close(RedisError(ClosingReason.violation(violation))) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        closeIfDrained()
        context.fireChannelReadComplete()
    }

    private func take(_ reply: RedisReply, now: MonotonicTime) {
        switch machine.receive(reply, now: now) {
        case .proceed: break
        case .becomeReady(let facts): opening.succeed(facts)
        case .deliver(let isLast): deliver(reply, isLast: isLast)
        case .discard(let isLast):
            guard isLast else { return }
            collected = []
            settleFirst()
        case .close(let reason): close(RedisError(reason))
        }
    }

    private func deliver(_ reply: RedisReply, isLast: Bool) {
        switch written[written.startIndex].content {
        case .one:
            settleFirst().answer(.reply(reply))
        case .batch:
            collected.append(reply)
            guard isLast else { return }
            let replies = collected
            collected = []
            settleFirst().answer(.replies(replies))
        }
    }

    /// The oldest has its last reply.
    @discardableResult
    private func settleFirst() -> Request {
        let request = written.removeFirst()
        intake.release(request)
        return request
    }

    // MARK: Time

    /// Sees to it that the clock is looked at by then.
    private func setTimer(_ deadline: NIODeadline) {
        if let timerDeadline, timerDeadline <= deadline { return }
        guard let context else { return }
        timer?.cancel()
        timerDeadline = deadline
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.lookAtClock() }
    }

    private func lookAtClock() {
        timerDeadline = nil
        let expiry = machine.expire(now: MonotonicTime(NIODeadline.now()))
        for position in expiry.expired { request(at: position).answer(.failure(.timedOut(written: true))) }
        if expiry.isStalled { close(RedisError(ClosingReason.stalled)) }
        if let next = expiry.next { setTimer(next.nioDeadline) }
    }
}
