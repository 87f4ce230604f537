import RESP
import Testing

@testable import RedisClient

@Suite("Events that wait for the reader of a subscription")
struct EventBufferTests {
    private let error = RedisError(.connectionLost, "gone")

    @Test("events come in order, and a channel that was lost is subscribed again")
    func order() async throws {
        let buffer = EventBuffer(limit: 10)
        #expect(buffer.subscribed("a"))
        #expect(buffer.message("a", [1]))
        buffer.lost(["a", "b"], error)
        #expect(buffer.subscribed("a") && buffer.subscribed("b"))
        let expected: [RedisSubscriptionEvent] = [
            .subscribed("a"), .message(channel: "a", payload: [1]), .lost(channels: ["a", "b"], error),
            .resubscribed("a"), .subscribed("b"),
        ]
        for event in expected { #expect(try await buffer.next() == event) }
    }

    @Test("a loss is told once, until the channel is back")
    func loss() async throws {
        let buffer = EventBuffer(limit: 10)
        #expect(buffer.lost(["a"], error) && buffer.lost(["a", "b"], error))
        #expect(!buffer.lost(["a", "b"], error))
        #expect(buffer.subscribed("a"))
        buffer.lost(["a"], error)
        let expected: [RedisSubscriptionEvent] = [
            .lost(channels: ["a"], error), .lost(channels: ["b"], error), .subscribed("a"),
            .lost(channels: ["a"], error),
        ]
        for event in expected { #expect(try await buffer.next() == event) }
    }

    @Test("one event beyond the limit ends it, closes the connections, and comes after what was kept")
    func overflow() async throws {
        let buffer = EventBuffer(limit: 2)
        let (closed, closing) = AsyncStream.makeStream(of: Void.self)
        #expect(buffer.attach { closing.finish() } != nil)
        #expect(buffer.message("a", [1]) && buffer.message("a", [2]))
        #expect(!buffer.message("a", [3]))
        for await _ in closed {}
        #expect(!buffer.message("a", [4]) && buffer.attach {} == nil)
        #expect(try await buffer.next() == .message(channel: "a", payload: [1]))
        #expect(try await buffer.next() == .message(channel: "a", payload: [2]))
        for _ in 0..<2 {
            let error = await failure { () async throws(RedisError) in try await buffer.next() }
            #expect(error?.code == .subscriptionOverflow)
        }
    }

    @Test(
        "a byte beyond the limit of bytes ends it; what was taken out counts no more, and one message alone may be larger"
    )
    func overflowOfBytes() async throws {
        let buffer = EventBuffer(limit: 10, byteLimit: 4)
        #expect(buffer.message("a", [1, 2, 3, 4, 5]))
        _ = try await buffer.next()
        #expect(buffer.message("a", [1, 2]) && buffer.message("a", [3, 4]))
        _ = try await buffer.next()
        #expect(buffer.message("a", [5, 6]))
        #expect(!buffer.message("a", [7]))
        #expect(try await buffer.next() == .message(channel: "a", payload: [3, 4]))
        #expect(try await buffer.next() == .message(channel: "a", payload: [5, 6]))
        let error = await failure { () async throws(RedisError) in try await buffer.next() }
        #expect(error?.code == .subscriptionOverflow)
    }

    @Test("a reader that waits gets the next event, past any limit")
    func waiting() async throws {
        let buffer = EventBuffer(limit: 1)
        async let reading: [RedisSubscriptionEvent] = {
            var events: [RedisSubscriptionEvent] = []
            for _ in 0..<100 { events.append(try await buffer.next()) }
            return events
        }()
        for number in 0..<100 {
            // The limit is one: the reader has to be there first.
            while buffer.waitingEvents > 0 { await Task.yield() }
            #expect(buffer.message("a", [UInt8(number)]))
        }
        #expect(try await reading == (0..<100).map { .message(channel: "a", payload: [$0]) })
    }

    @Test("the end is told to a reader that waits")
    func end() async throws {
        let buffer = EventBuffer(limit: 1)
        async let error = failure { () async throws(RedisError) in try await buffer.next() }
        buffer.end(.closedClient)
        #expect(await error == .closedClient)
    }
}
