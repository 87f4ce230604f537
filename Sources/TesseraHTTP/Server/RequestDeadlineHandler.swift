package import NIOCore
package import NIOHTTPTypes

/// Closes connections whose client does not get on with a request: its head has to be there within `idle` of the
/// connection or of the answer before, and its body within `body` of the head, also where the answer did not wait for it.
/// What it is sent it has to take: when more waits for it than the channel holds, some of that within `write`.
///
/// A deadline and not an idle time, so that a client which sends a byte now and then holds nothing for long.
package final class RequestDeadlineHandler: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = HTTPRequestPart
    package typealias InboundOut = HTTPRequestPart
    package typealias OutboundIn = HTTPResponsePart
    package typealias OutboundOut = HTTPResponsePart

    private let idle: TimeAmount
    private let body: TimeAmount
    private let write: TimeAmount
    private var deadline: Scheduled<Void>?
    /// Runs while the channel is not writable. Whoever writes waits then, and without it would wait for ever for a client
    /// that reads nothing.
    private var writeDeadline: Scheduled<Void>?
    /// Whether the body of the newest request is still to come.
    private var isReceiving = false
    /// How many requests are not answered yet.
    private var unanswered = 0

    package init(idle: TimeAmount, body: TimeAmount, write: TimeAmount) {
        self.idle = idle
        self.body = body
        self.write = write
    }

    package func channelActive(context: ChannelHandlerContext) {
        start(idle, context)
        context.fireChannelActive()
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { start(idle, context) }
    }

    package func handlerRemoved(context: ChannelHandlerContext) { cancelDeadlines() }

    package func channelInactive(context: ChannelHandlerContext) {
        cancelDeadlines()
        context.fireChannelInactive()
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        writeDeadline?.cancel()
        writeDeadline = context.channel.isWritable ? nil : closing(after: write, context)
        context.fireChannelWritabilityChanged()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            isReceiving = true
            unanswered += 1
            start(body, context)
        case .body: break
        case .end:
            isReceiving = false
            // Ours is the next turn; or it was before, and the client's is the next.
            if unanswered > 0 { deadline?.cancel() } else { start(idle, context) }
        }
        context.fireChannelRead(data)
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            unanswered = max(0, unanswered - 1)
            if !isReceiving, unanswered == 0 { start(idle, context) }
        }
        context.write(data, promise: promise)
    }

    private func start(_ amount: TimeAmount, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = closing(after: amount, context)
    }

    private func closing(after amount: TimeAmount, _ context: ChannelHandlerContext) -> Scheduled<Void> {
        let channel = context.channel
        return context.eventLoop.scheduleTask(in: amount) { channel.close(promise: nil) }
    }

    private func cancelDeadlines() {
        deadline?.cancel()
        writeDeadline?.cancel()
    }
}
