internal import NIOCore
internal import RESP

/// The thin edge of a connection for commands: carries bytes between the socket, the reader and the machine, and
/// resumes whoever waits. Lives on its event loop.
final class CommandHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A request that has been written.
    private struct Written {
        let id: UInt64
        let commands: Int
        let bytes: Int
        /// Gone when its caller has stopped waiting.
        var waiter: Waiter?
    }

    private let handshake: [HandshakeStep]
    private let intake: Intake
    private let opening: Opening
    private var machine: ConnectionMachine
    private var reader: ReplyReader
    private var context: ChannelHandlerContext?
    /// In step with the machine's entries.
    private var written = CircularBuffer<Written>()
    private var closing: RedisError?
    private var timer: Scheduled<Void>?
    private var timerDeadline: NIODeadline?
    // Kept from one turn to the next for their memory.
    private var replies: [RedisReply] = []
    private var answered: [Resumption] = []
    private var batch = Intake.Batch()
    private var output = ByteBuffer()
    private var released = (commands: 0, bytes: 0)

    init(handshake: [HandshakeStep], limits: ReplyLimits, intake: Intake, opening: Opening) {
        self.handshake = handshake
        self.intake = intake
        self.opening = opening
        machine = ConnectionMachine(handshake: handshake)
        reader = ReplyReader(limits: limits)
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { sendHandshake(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        sendHandshake(context)
        context.fireChannelActive()
    }

    private func sendHandshake(_ context: ChannelHandlerContext) {
        for step in handshake { output.writeBytes(step.command.wire) }
        write(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(RedisError(.connectionLost, "the server closed the connection"))
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish(RedisError(.connectionLost, "the connection was closed"))
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(RedisError(connecting: error))
    }

    /// Closes for a reason of its own. Those who wait are told at once: a secure connection takes its time to close.
    func close(_ error: RedisError) {
        finish(error)
        context?.close(promise: nil)
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
        for request in intake.close(error) { request.waiter.fail(error) }
    }

    private func finish(_ error: RedisError) {
        guard closing == nil else { return }
        closing = error
        timer?.cancel()
        machine.disconnect()
        opening.end(error)
        refuse(RedisError(.connectionLost, error.message, serverError: error.serverError))
        let lost = error.afterWriting()
        for request in written { request.waiter?.fail(lost) }
        written.removeAll()
    }

    // MARK: From callers to the socket

    /// Writes what callers have left, all in one.
    func takeRequests() {
        intake.take(into: &batch)
        let now = NIODeadline.now()
        for request in batch.requests { submit(request, now: MonotonicTime(now)) }
        batch.requests.removeAll(keepingCapacity: true)
        if !batch.cancelled.isEmpty { abandonCancelled() }
        if let context { write(context) }
        releaseRoom()
    }

    private func submit(_ request: Request, now: MonotonicTime) {
        let (timing, replyCount, byteCount) = (request.timing, request.replyCount, request.byteCount)
        var refusal: RedisError?
        if timing.deadline <= now {
            refusal = .timedOut(written: false)
        } else if !machine.submit(
            replies: replyCount, now: now, deadline: timing.deadline, allowance: timing.allowance)
        {
            refusal = closing ?? RedisError(.connectionLost, "the connection takes no commands")
        }
        if let refusal {
            request.waiter.fail(refusal)
            note(released: replyCount, byteCount)
            return
        }
        switch request.content {
        case .one(let command): output.writeBytes(command.wire)
        case .batch(let commands): for command in commands { output.writeBytes(command.wire) }
        }
        written.append(Written(id: request.id, commands: replyCount, bytes: byteCount, waiter: request.waiter))
        setTimer(timing.deadline.nioDeadline)
    }

    private func write(_ context: ChannelHandlerContext) {
        guard output.readableBytes > 0 else { return }
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        // The socket usually has taken it all, and then the memory is used again.
        output.clear()
    }

    private func abandonCancelled() {
        let cancelled = Set(batch.cancelled)
        batch.cancelled.removeAll(keepingCapacity: true)
        for position in 0..<written.count {
            let index = written.index(written.startIndex, offsetBy: position)
            guard cancelled.contains(written[index].id), let waiter = written[index].waiter else { continue }
            written[index].waiter = nil
            machine.abandon(at: position)
            waiter.fail(.cancelled(written: true))
        }
    }

    // MARK: From the socket to callers

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        var violation: RESPError?
        do { try reader.read(buffer.readableBytesSpan, into: &replies) } catch { violation = error }
        let now = MonotonicTime(NIODeadline.now())
        for reply in replies { take(reply, now: now) }
        replies.removeAll(keepingCapacity: true)
        // Room first: who has an answer may send the next command at once.
        releaseRoom()
        for resumption in answered { resumption.perform() }
        answered.removeAll(keepingCapacity: true)
        if let violation { close(RedisError(ClosingReason.violation(violation))) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        closeIfDrained()
        context.fireChannelReadComplete()
    }

    private func take(_ reply: RedisReply, now: MonotonicTime) {
        // What follows a violation is no longer in an order that means anything.
        guard closing == nil else { return }
        switch machine.receive(reply, now: now) {
        case .proceed: break
        case .becomeReady(let facts): opening.succeed(facts)
        case .deliver(let isLast):
            if let resumption = written[written.startIndex].waiter?.take(reply, isLast: isLast) {
                answered.append(resumption)
            }
            if isLast { removeFirst() }
        case .discard(let isLast):
            if isLast { removeFirst() }
        case .close(let reason): close(RedisError(reason))
        }
    }

    private func removeFirst() {
        let request = written.removeFirst()
        note(released: request.commands, request.bytes)
    }

    private func note(released commands: Int, _ bytes: Int) {
        released.commands += commands
        released.bytes += bytes
    }

    private func releaseRoom() {
        guard released.commands > 0 else { return }
        intake.release(commands: released.commands, bytes: released.bytes)
        released = (0, 0)
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
        for position in expiry.expired {
            let index = written.index(written.startIndex, offsetBy: position)
            written[index].waiter?.fail(.timedOut(written: true))
            written[index].waiter = nil
        }
        if expiry.isStalled { close(RedisError(ClosingReason.stalled)) }
        if let next = expiry.next { setTimer(next.nioDeadline) }
    }
}
