import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import ServiceLifecycle
import TesseraCore
import TesseraRuntime
import TesseraTokens

extension AuthAPI {
    /// `GET events`: tells a browser at once when its session ends or changes, as server-sent events.
    ///
    /// A stream ends with the session, with its token's lifetime, when the node stops, and when its reader is too
    /// slow; the browser comes back by itself, with the id of the last event that it has seen.
    func watchSession(_ exchange: Exchange) async throws -> Answer {
        let last = exchange.request.headers[.lastEventID].flatMap { $0.isEmpty ? nil : $0 }
        // It has been told that its session ended, and that is all there is to say: 204 ends the coming back.
        if last == SessionEventText.endedID { return exchange.adding(to: Answer(.nothing, status: .noContent)) }
        let authentication = try await flow.authenticate(exchange.token, from: exchange.request.origin)
        guard case .active(let session) = authentication else {
            guard case .ended = authentication, last != nil else {
                return exchange.adding(exchange.sessionCookies(authentication), to: Self.notSignedIn)
            }
            // It ended while nobody was listening.
            let answer = Self.eventStream(ResponseBody(byteBuffer: SessionEventText.ended(nil)))
            return exchange.adding(exchange.sessionCookies(authentication), to: answer)
        }
        let subject = SessionWatchers.Subject(
            user: session.token.user, session: session.token.session, userEpoch: session.token.userEpoch,
            deploymentEpoch: session.token.deploymentEpoch, until: session.token.expires)
        guard let notices = flow.watchers.watch(subject) else {
            return .error(
                "too_many_streams", "This node has as many event streams as it may; ask again.",
                status: .serviceUnavailable)
        }
        // What ended it between the check and the beginning of the watch would not be told.
        if case .ended = flow.mirror.verdict(on: session.token.facts, at: flow.clock.reading()) {
            return Self.eventStream(ResponseBody(byteBuffer: SessionEventText.ended(nil)))
        }
        let id = "\(session.token.session).\(session.token.generation)"
        let first = SessionEventText.first(id: id, hasChanged: last != nil && last != id)
        var answer = Self.eventStream(Self.body(first, notices, id: id, watchers: flow.watchers))
        answer.headers.append(contentsOf: exchange.bearerHeaders(authentication))
        return exchange.adding(exchange.sessionCookies(authentication), to: answer)
    }

    private static func body(
        _ first: ByteBuffer, _ notices: AsyncStream<SessionNotice>, id: String, watchers: SessionWatchers
    ) -> ResponseBody {
        ResponseBody { writer in
            // Iterating writes as fast as the reader takes; who falls behind is cut off by the bounded stream.
            try await writer.write(first)
            var iterator = notices.makeAsyncIterator()
            while let notice = await Self.next(&iterator, watchers) {
                try await writer.write(SessionEventText.event(notice, id: id))
            }
            try await writer.finish(nil)
        }
    }

    /// The next notice; `nil` at the end, which comes at once when the node is told to stop.
    private static func next(
        _ iterator: inout AsyncStream<SessionNotice>.AsyncIterator, _ watchers: SessionWatchers
    ) async -> SessionNotice? {
        await withGracefulShutdownHandler {
            await iterator.next(isolation: nil)
        } onGracefulShutdown: {
            watchers.close()
        }
    }

    private static func eventStream(_ body: ResponseBody) -> Answer {
        var answer = Answer(.stream("text/event-stream", body))
        answer.forbidStoring()
        // Proxies must not collect what is to arrive at once.
        answer.headers[.xAccelBuffering] = "no"
        return answer
    }
}

/// Events as text (HTML, section 9.2, 'Server-sent events').
enum SessionEventText {
    /// The id of the last event of a session.
    static let endedID = "ended"

    /// How a stream begins: how long to wait before coming back, and where it stands.
    static func first(id: String, hasChanged: Bool) -> ByteBuffer {
        ByteBuffer(string: "retry: 2000\n\nid: \(id)\nevent: \(hasChanged ? "changed" : "open")\ndata: {}\n\n")
    }

    static func event(_ notice: SessionNotice, id: String) -> ByteBuffer {
        switch notice {
        case .ended(let reason): ended(reason)
        case .changed: ByteBuffer(string: "id: \(id)\nevent: changed\ndata: {}\n\n")
        case .heartbeat: ByteBuffer(string: ": heartbeat\n\n")
        }
    }

    /// - Parameter reason: why; `nil` where that is not known any more.
    static func ended(_ reason: EndReason?) -> ByteBuffer {
        var data = JSONObject()
        data["reason"] = reason.map { .string($0.rawValue) }
        return ByteBuffer(string: "id: \(endedID)\nevent: ended\ndata: \(JSONValue.object(data))\n\n")
    }
}

extension HTTPField.Name {
    static let lastEventID = HTTPField.Name.known("Last-Event-ID")
    static let xAccelBuffering = HTTPField.Name.known("X-Accel-Buffering")
}
