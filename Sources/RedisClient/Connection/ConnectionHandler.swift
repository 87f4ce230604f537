internal import NIOCore

/// What the edges of both kinds of connection do alike: say the handshake as soon as the connection is there, and end
/// once, for one reason.
protocol ConnectionHandler: ChannelInboundHandler where InboundIn == ByteBuffer, OutboundOut == ByteBuffer {
    var context: ChannelHandlerContext? { get set }

    /// Writes what a new connection says first.
    func sendHandshake()

    /// Tells everybody who waits why the connection has ended. Only the first reason counts.
    func finish(_ error: RedisError)
}

extension ConnectionHandler {
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { sendHandshake() }
    }

    func channelActive(context: ChannelHandlerContext) {
        sendHandshake()
        context.fireChannelActive()
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
}
