import JSON
import TesseraCore
import TesseraSQLite
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraRuntime
@testable import TesseraWebhooks

@Suite("Events to an application")
struct DeliveryTests {
    private static let event = Events.UserChanged(user: UserProfile(id: "ada", email: "a@b.c"))

    @Test("An event is in the outbox before its handler returns, and leaves it when it has arrived")
    func delivered() async throws {
        let outbox = InMemoryOutbox()
        try await Receiver.with(outbox) { receiver, webhooks, _ in
            let tell = try #require(webhooks.events().createUser)
            try await tell(Self.event)
            #expect(outbox.count == 1)
            #expect(receiver.messages.isEmpty)
            #expect(await webhooks.deliverDue() == 1)
            #expect(outbox.count == 0)
            let message = try #require(receiver.messages.first)
            #expect(message.isSigned)
            #expect(message.type == "event.createUser")
            #expect(message.data == ["user": ["id": "ada", "email": "a@b.c"]])
        }
    }

    @Test("One that does not arrive comes again, under the same id, later and later, signed anew")
    func again() async throws {
        let outbox = InMemoryOutbox()
        try await Receiver.with(outbox) { receiver, webhooks, clock in
            let tell = try #require(webhooks.events().createUser)
            try await tell(Self.event)
            receiver.answer(.status(500), .status(503), .redirect("/elsewhere"))
            for seconds in [1, 2, 4] {
                #expect(await webhooks.deliverDue() == 1)
                #expect(await webhooks.deliverDue() == 0)
                clock.advance(by: .seconds(seconds))
            }
            #expect(await webhooks.deliverDue() == 1)
            #expect(outbox.count == 0)
            #expect(receiver.messages.count == 4)
            #expect(Set(receiver.messages.map(\.id)).count == 1)
            #expect(!receiver.messages.contains { !$0.isSigned })
        }
    }

    @Test("The waits double up to an hour")
    func waits() {
        #expect((1...4).map { Webhooks.wait(after: $0) } == [.seconds(1), .seconds(2), .seconds(4), .seconds(8)])
        #expect(Webhooks.wait(after: 13) == .seconds(3600))
        #expect(Webhooks.wait(after: 1000) == .seconds(3600))
    }

    @Test("After three days an event is given up, and not before")
    func givenUp() async throws {
        let outbox = InMemoryOutbox()
        try await Receiver.with(outbox) { receiver, webhooks, clock in
            let tell = try #require(webhooks.events().createUser)
            try await tell(Self.event)
            receiver.answer(then: .status(500))
            clock.advance(by: .days(3) - .seconds(1))
            await webhooks.deliverDue()
            #expect(outbox.count == 1)
            clock.advance(by: .seconds(2))
            await webhooks.deliverDue()
            #expect(outbox.count == 0)
        }
    }

    @Test("What a node claimed and did not deliver goes to another once its time is up")
    func takenOver() async throws {
        let outbox = InMemoryOutbox()
        try await Receiver.with(outbox) { receiver, webhooks, clock in
            let tell = try #require(webhooks.events().createUser)
            try await tell(Self.event)
            _ = try await outbox.claim(10, until: clock.now + .seconds(60), at: clock.now)
            #expect(await webhooks.deliverDue() == 0)
            clock.advance(by: .seconds(60))
            #expect(await webhooks.deliverDue() == 1)
            #expect(receiver.messages.count == 1)
        }
    }

    @Test("An outbox that cannot be written fails the handler, which the log then tells")
    func outboxDown() async throws {
        let outbox = InMemoryOutbox()
        try await Receiver.with(outbox) { _, webhooks, _ in
            outbox.fail(with: StoreError(.unavailable, "off"))
            let tell = try #require(webhooks.events().createUser)
            await #expect(throws: StoreError.self) { try await tell(Self.event) }
            #expect(await webhooks.deliverDue() == 0)
        }
    }

    @Test("The SQLite outbox holds to the same, and to its limit", arguments: [true, false])
    func stores(isSQLite: Bool) async throws {
        let store = try await SQLiteSessionStore.inMemory()
        let outbox: any Outbox = isSQLite ? SQLiteOutbox(store: store, limit: 3) : InMemoryOutbox(limit: 3)
        let now = Timestamp(seconds: 1_800_000_000)
        let messages = (1...3).map { OutboxMessage(id: "\($0)", body: [UInt8($0), 0, 255]) }
        try await outbox.append([messages[0]], at: now)
        try await outbox.append([messages[1], messages[2]], at: now + .seconds(1))
        await #expect(throws: StoreError.self) { try await outbox.append([messages[0]], at: now) }
        #expect(try await outbox.claim(10, until: now + .seconds(9), at: now).map(\.message) == [messages[0]])
        let rest = try await outbox.claim(1, until: now + .seconds(9), at: now + .seconds(1))
        #expect(rest.map(\.message) == [messages[1]])
        #expect(rest.map(\.attempts) == [1])
        #expect(rest.map(\.created) == [now + .seconds(1)])
        try await outbox.remove(rest.map(\.number))
        let third = try await outbox.claim(10, until: now + .seconds(9), at: now + .seconds(1))
        #expect(third.map(\.message) == [messages[2]])
        try await outbox.postpone(try #require(third.first).number, until: now + .seconds(20))
        let later = try await outbox.claim(10, until: now + .seconds(99), at: now + .seconds(9))
        #expect(later.map(\.message) == [messages[0]])
        #expect(later.map(\.attempts) == [2])
        let last = try await outbox.claim(10, until: now + .seconds(99), at: now + .seconds(20))
        #expect(last.map(\.message) == [messages[2]])
        try await store.close()
    }
}

@Suite("Signatures of webhooks")
struct SignatureTests {
    private let body = Array("{\"type\":\"x\"}".utf8)
    private let now = Timestamp(seconds: 1_800_000_000)

    private func signature(_ texts: String...) throws -> WebhookSignature {
        try #require(try WebhookSignature(secrets: texts.compactMap { Secret($0) }))
    }

    @Test("A message verifies as it was sent, and not when anything of it is changed")
    func changed() throws {
        let signature = try signature("one secret")
        let header = try signature.sign(body, id: "msg_1", at: now.seconds)
        #expect(signature.verify(header, body, id: "msg_1", at: now.seconds, now: now))
        #expect(!signature.verify(header, body + [32], id: "msg_1", at: now.seconds, now: now))
        #expect(!signature.verify(header, body, id: "msg_2", at: now.seconds, now: now))
        #expect(!signature.verify(header, body, id: "msg_1", at: now.seconds + 1, now: now))
        #expect(!signature.verify("", body, id: "msg_1", at: now.seconds, now: now))
        #expect(!signature.verify("v2,\(header.dropFirst(3))", body, id: "msg_1", at: now.seconds, now: now))
        #expect(try !self.signature("another").verify(header, body, id: "msg_1", at: now.seconds, now: now))
    }

    @Test("A copy that is played again later than five minutes is refused, and so is one from the future")
    func replay() throws {
        let signature = try signature("one secret")
        let header = try signature.sign(body, id: "msg_1", at: now.seconds)
        #expect(signature.verify(header, body, id: "msg_1", at: now.seconds, now: now + .seconds(300)))
        #expect(!signature.verify(header, body, id: "msg_1", at: now.seconds, now: now + .seconds(301)))
        #expect(!signature.verify(header, body, id: "msg_1", at: now.seconds, now: now - .seconds(301)))
    }

    @Test("While secrets are changed, both sign, and a receiver with either is content")
    func secrets() throws {
        let header = try signature("new", "old").sign(body, id: "msg_1", at: now.seconds)
        for text in ["new", "old"] {
            #expect(try signature(text).verify(header, body, id: "msg_1", at: now.seconds, now: now))
        }
        let none = try WebhookSignature(secrets: [])
        #expect(none == nil)
    }

    @Test("The signature is HMAC-SHA-256 over id, time and body, in base64")
    func vector() throws {
        let header = try signature("key").sign(Array("body".utf8), id: "msg_1", at: 1)
        #expect(header == "v1,DaZJ4GWlJ4CBrwFdwKdP/16s/RKlbeeB3NgPWI5WQ4A=")
    }

    @Test(
        "Settings that cannot be used are refused in words",
        arguments: [
            ("http://example.com/hook", "https"), ("ftp://localhost", "https"),
            ("http://localhost.evil.example", "https"),
        ])
    func settings(url: String, word: String) throws {
        let secret = try #require(Secret("a secret of 32 bytes, for the tests"))
        let settings = WebhookSettings(url: url, secrets: [secret], questions: [.jwt])
        #expect(settings.problems.contains { $0.contains(word) })
        #expect(WebhookSettings(url: "https://x.y", secrets: [], questions: [.jwt]).problems.count == 1)
        #expect(WebhookSettings(url: "https://x.y", secrets: [secret]).problems.count == 1)
        #expect(WebhookSettings(url: "http://localhost:3000/x", secrets: [secret], events: [.signIn]).problems.isEmpty)
    }
}
