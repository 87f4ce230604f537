import JSON
import Logging
import ServiceLifecycle
import TesseraCore
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraRuntime
@testable import TesseraWebhooks

@Suite("Events to an application")
struct DeliveryTests {
    private static let event = Events.UserChanged(user: UserProfile(id: "ada", email: "a@b.c"))

    /// What goes into the outbox when a user is made.
    private static func message(_ webhooks: Webhooks) throws -> OutboxMessage {
        try #require(webhooks.lasting.message(.createUser(event)))
    }

    @Test("An event leaves the outbox when it has arrived")
    func delivered() async throws {
        let outbox = InMemoryOutbox()
        try await Receiver.with(outbox) { receiver, webhooks, _ in
            try await outbox.append([try Self.message(webhooks)])
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
            try await outbox.append([try Self.message(webhooks)])
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
            try await outbox.append([try Self.message(webhooks)])
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
            try await outbox.append([try Self.message(webhooks)])
            _ = try await outbox.claim(10, until: clock.now + .seconds(60), at: clock.now)
            #expect(await webhooks.deliverDue() == 0)
            clock.advance(by: .seconds(60))
            #expect(await webhooks.deliverDue() == 1)
            #expect(receiver.messages.count == 1)
        }
    }

    @Test("An outbox that cannot be read is asked again, and nothing is lost")
    func outboxDown() async throws {
        let outbox = InMemoryOutbox()
        try await Receiver.with(outbox) { receiver, webhooks, _ in
            try await outbox.append([try Self.message(webhooks)])
            outbox.fail(with: StoreError(.unavailable, "off"))
            #expect(await webhooks.deliverDue() == 0)
            outbox.fail(with: nil)
            #expect(await webhooks.deliverDue() == 1)
            #expect(receiver.messages.count == 1)
        }
    }

    @Test("A node that stops finishes what is under way, and gives back what it has not begun")
    func stopping() async throws {
        let outbox = InMemoryOutbox()
        try await Receiver.with(outbox, timeLimit: .seconds(1)) { receiver, webhooks, clock in
            receiver.answer(.silence)
            try await outbox.append([
                try Self.message(webhooks), try Self.message(webhooks), try Self.message(webhooks),
            ])
            let services = ServiceGroup(services: [webhooks], logger: Logger(label: "test"))
            try await withThrowingTaskGroup { group in
                group.addTask { try await services.run() }
                let end = ContinuousClock.now + .seconds(30)
                while receiver.messages.isEmpty, ContinuousClock.now < end { await Task.yield() }
                await services.triggerGracefulShutdown()
                try await group.waitForAll()
            }
            #expect(receiver.messages.count == 1)
            #expect(outbox.count == 3)
            #expect(try await outbox.claim(9, until: clock.now + .hours(1), at: clock.now).entries.count == 2)
        }
    }

    @Test("A message is made only of what the application wants to be told")
    func chosen() throws {
        let secret = try #require(Secret("a secret of 32 bytes, for the tests"))
        let settings = WebhookSettings(url: "https://x.y", secrets: [secret], events: [.linkAccount])
        let webhooks = try Webhooks(settings, outbox: InMemoryOutbox(), logger: Logger(label: "test"))
        #expect(webhooks.lasting.message(.createUser(Self.event)) == nil)
        let linked = Events.AccountChanged(
            user: UserProfile(id: "ada"), account: Account(provider: "p", type: .oauth, providerAccountID: "1"),
            profile: nil)
        #expect(webhooks.lasting.message(.linkAccount(linked)) != nil)
        #expect(webhooks.lasting.message(.unlinkAccount(linked)) == nil)
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
        for hostile in [Int64.min, .max] {
            #expect(!signature.verify(header, body, id: "msg_1", at: hostile, now: now))
        }
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
