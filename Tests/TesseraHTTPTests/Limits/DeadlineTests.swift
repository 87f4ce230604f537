import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import TesseraHTTP

@Suite("Deadlines of requests")
struct DeadlineTests {
    private let channel = EmbeddedChannel()

    init() throws {
        let handler = RequestDeadlineHandler(idle: .seconds(75), body: .seconds(30), write: .seconds(20))
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/test")).wait()
    }

    private func receive(_ parts: HTTPRequestPart...) throws {
        for part in parts { try channel.writeInbound(part) }
    }

    private var head: HTTPRequestPart {
        .head(HTTPRequest(method: .post, scheme: "http", authority: "a", path: "/"))
    }

    private func answer() throws {
        try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
        try channel.writeOutbound(HTTPResponsePart.end(nil))
    }

    /// Moves time on, and says whether the connection is open then.
    private func isOpen(after amount: TimeAmount) -> Bool {
        channel.embeddedEventLoop.advanceTime(by: amount)
        return channel.isActive
    }

    @Test("A connection without a request is closed")
    func noRequest() {
        #expect(isOpen(after: .seconds(74)))
        #expect(!isOpen(after: .seconds(1)))
    }

    @Test("A body that does not end is closed, however many bytes dribble in")
    func slowBody() throws {
        try receive(head)
        for _ in 0..<29 {
            #expect(isOpen(after: .seconds(1)))
            try receive(.body(ByteBuffer(bytes: [1])))
        }
        #expect(!isOpen(after: .seconds(1)))
    }

    @Test("While a request is being answered there is no deadline; afterwards there is one for the next")
    func answering() throws {
        try receive(head, .end(nil))
        #expect(isOpen(after: .hours(1)))
        try answer()
        #expect(isOpen(after: .seconds(74)))
        try receive(head, .end(nil))
        #expect(isOpen(after: .seconds(100)))
        try answer()
        #expect(!isOpen(after: .seconds(75)))
    }

    @Test("An answer before the body's end does not end the body's deadline, nor does the late end go without one")
    func earlyAnswer() throws {
        try receive(head)
        try answer()
        #expect(isOpen(after: .seconds(29)))
        try receive(.end(nil))
        #expect(isOpen(after: .seconds(74)))
        #expect(!isOpen(after: .seconds(1)))
    }

    /// What the client takes, or does not take, of what it is sent.
    private func setWritable(_ isWritable: Bool) {
        channel.isWritable = isWritable
        channel.pipeline.fireChannelWritabilityChanged()
    }

    @Test("A client that takes nothing of what it is sent is closed, in the middle of an answer as well")
    func stalledReader() throws {
        try receive(head, .end(nil))
        try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
        setWritable(false)
        #expect(isOpen(after: .seconds(19)))
        #expect(!isOpen(after: .seconds(1)))
    }

    @Test("A client that takes it in time goes on, and gets the whole time again when it stalls again")
    func slowReader() throws {
        try receive(head, .end(nil))
        for _ in 0..<3 {
            setWritable(false)
            #expect(isOpen(after: .seconds(19)))
            setWritable(true)
        }
        #expect(isOpen(after: .hours(1)))
        try answer()
        #expect(isOpen(after: .seconds(74)))
        #expect(!isOpen(after: .seconds(1)))
    }

    @Test("A body that never ends after its answer is closed")
    func earlyAnswerWithoutEnd() throws {
        try receive(head)
        try answer()
        #expect(!isOpen(after: .seconds(30)))
    }
}
