import NIOCore

/// Passes the bytes of one direction of one connection on.
final class PassingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let source: any Channel
    private let target: any Channel
    private let direction: TCPProxy.Direction
    private let shared: SharedFaults
    /// What has come and is not passed on. While it holds more than a little, nothing more is read.
    private var waiting = CircularBuffer<(due: NIODeadline, bytes: ByteBuffer)>()

    init(from source: any Channel, to target: any Channel, direction: TCPProxy.Direction, _ shared: SharedFaults) {
        (self.source, self.target, self.direction, self.shared) = (source, target, direction, shared)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        shared.listen(source) { this.eventLoop.execute { this.value.pass() } }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        waiting.append((.now() + shared.faults[direction].delay, unwrapInboundIn(data)))
        if waiting.count == 64 { source.setOption(.autoRead, value: false).whenComplete { _ in } }
        pass()
    }

    private func pass() {
        while let first = waiting.first, !shared.faults[direction].holds {
            guard first.due <= .now() else {
                let this = NIOLoopBound(self, eventLoop: source.eventLoop)
                source.eventLoop.scheduleTask(deadline: first.due) { this.value.pass() }
                return
            }
            waiting.removeFirst()
            guard let allowed = shared.take(first.bytes.readableBytes, direction) else {
                target.writeAndFlush(first.bytes, promise: nil)
                continue
            }
            let rest = first.bytes.getSlice(at: first.bytes.readerIndex, length: allowed) ?? ByteBuffer()
            target.writeAndFlush(rest).whenComplete { [target] _ in target.close(promise: nil) }
        }
        if waiting.isEmpty { source.setOption(.autoRead, value: true).whenComplete { _ in } }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
