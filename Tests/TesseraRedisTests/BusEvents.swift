import TesseraCore
import TesseraRuntime
import Testing

@testable import TesseraRedis

/// What a bus has delivered, one event after the other.
final class BusEvents: Sendable {
    private let stream: AsyncStream<BusEvent>
    let continuation: AsyncStream<BusEvent>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    /// The next event.
    func next() async throws -> BusEvent {
        for await event in stream { return event }
        throw BusHasEnded()
    }

    /// The next event, which has to be a link's opening.
    func opened() async throws -> BusLink {
        let event = try await next()
        guard case .opened(let link) = event else { throw UnexpectedEvent(event: event) }
        return link
    }

    /// The next event, which has to be a message on this link; links of other primaries may open meanwhile.
    func message(_ link: BusLink) async throws -> BusMessage {
        while true {
            switch try await next() {
            case .message(let message, link): return message
            case .opened(let other) where other.primary != link.primary: continue
            case let event: throw UnexpectedEvent(event: event)
            }
        }
    }

    /// The next event, which has to be a change told on this link.
    func change(_ link: BusLink) async throws -> BusChange {
        let message = try await message(link)
        guard case .changed(let change) = message else {
            throw UnexpectedEvent(event: .message(message, link))
        }
        return change
    }
}

struct BusHasEnded: Error {}

struct UnexpectedEvent: Error {
    let event: BusEvent
}

extension Fixture {
    /// Runs the bus for the time of a call.
    func listening(_ body: (BusEvents) async throws -> Void) async throws {
        let events = BusEvents()
        try await withThrowingTaskGroup { group in
            group.addTask { [bus] in
                try? await bus.run { events.continuation.yield($0) }
                events.continuation.finish()
            }
            defer { group.cancelAll() }
            try await body(events)
        }
    }
}
