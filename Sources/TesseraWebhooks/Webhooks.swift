import JSON
package import Logging
import ServiceLifecycle
import TesseraCore
package import TesseraRuntime
package import TesseraTokens

/// An application's say and what it is told, over signed messages: for applications that are not this process.
///
/// A question that is not answered in time fails what it is asked for, and signs nobody in or out. An event is in the
/// outbox as soon as what it tells of has happened, and is delivered at least once: again and again, for three days.
/// Running, it delivers; stopping, it leaves what is undelivered for the next start.
package struct Webhooks: Service {
    private let settings: WebhookSettings
    private let client: WebhookClient
    private let outbox: (any Outbox)?
    private let clock: WallClock
    private let logger: Logger

    private static let batchSize = 16
    /// How often the outbox is looked at.
    private static let interval = Duration.milliseconds(500)
    /// After this an event is given up.
    private static let retention = Duration.days(3)

    /// - Parameters:
    ///   - settings: without problems.
    ///   - outbox: keeps events until they are delivered; not needed where `settings` has none.
    package init(
        _ settings: WebhookSettings, outbox: (any Outbox)?, clock: WallClock = .system, random: RandomBytes = .system,
        logger: Logger
    ) throws {
        guard let signature = try WebhookSignature(secrets: settings.secrets) else {
            throw WebhookError(.refused, "webhooks have no secret")
        }
        guard outbox != nil || settings.events.isEmpty else {
            throw WebhookError(.refused, "webhooks have no outbox for events")
        }
        self.settings = settings
        self.outbox = outbox
        self.clock = clock
        self.logger = logger
        client = WebhookClient(settings, signature, clock: clock, random: random)
    }

    // MARK: Questions

    /// Callbacks that ask the application, where it wants to be asked.
    package func callbacks() -> Callbacks {
        var callbacks = Callbacks()
        if settings.questions.contains(.signIn) {
            callbacks.signIn = { try WebhookAnswer.verdict(try await client.ask(.signIn, WebhookData.attempt($0))) }
        }
        if settings.questions.contains(.jwt) {
            callbacks.jwt = { try WebhookAnswer.token(try await client.ask(.jwt, WebhookData.jwt($0))) }
        }
        if settings.questions.contains(.session) {
            callbacks.session = { request in
                let data: JSONObject = [
                    "session": .object(request.session), "token": .object(request.token.claims),
                    "sid": .string("\(request.token.session)"),
                ]
                return try WebhookAnswer.session(try await client.ask(.session, data))
            }
        }
        if settings.questions.contains(.redirect) {
            callbacks.redirect = { request in
                let data: JSONObject = ["url": .string(request.url), "baseUrl": .string(request.baseURL)]
                return try WebhookAnswer.url(try await client.ask(.redirect, data))
            }
        }
        return callbacks
    }

    /// A provider whose credentials the application checks.
    package func credentials(
        id: String = "credentials", name: String = "Credentials", fields: [CredentialField] = CredentialField.standard
    ) -> SignInProvider {
        .credentials(id: id, name: name, fields: fields) { credentials, request in
            let data = WebhookData.credentials(credentials, request, provider: id)
            return try WebhookAnswer.user(try await client.ask(.authorize, data))
        }
    }

    // MARK: Events

    /// Makes the messages that tell the application what it wants to be told; they go into the outbox together with what
    /// they tell of.
    package var lasting: LastingEvents {
        LastingEvents { occurrence in
            let (event, data) = WebhookData.event(occurrence)
            guard settings.events.contains(event) else { return nil }
            let body = client.message("event.\(event.rawValue)", data)
            return OutboxMessage(id: client.newID(), created: clock.now(), body: body)
        }
    }

    // MARK: Delivery

    /// Whether there is anything to deliver: events, and somewhere to keep them.
    package var delivers: Bool { outbox != nil && !settings.events.isEmpty }

    /// Delivers until it is cancelled or told to stop gracefully; then finishes the message that is under way, and gives
    /// back those that it has taken and not begun.
    package func run() async throws {
        var isReadable = true
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            do {
                let count = try await deliverBatch()
                isReadable = true
                // A batch that was full may have more behind it.
                if count == Self.batchSize { continue }
            } catch {
                // Once, and not twice a second for as long as the store is away.
                if isReadable { warn(error) }
                isReadable = false
            }
            await cancelWhenGracefulShutdown { try? await Task.sleep(for: Self.interval) }
        }
    }

    private func warn(_ error: any Error) {
        logger.warning("outbox cannot be read or written", metadata: ["error": "\(error)"])
    }

    /// Delivers what is due, a batch at most. Returns how many it took.
    @discardableResult
    package func deliverDue() async -> Int {
        do {
            return try await deliverBatch()
        } catch {
            warn(error)
            return 0
        }
    }

    private func deliverBatch() async throws -> Int {
        guard let outbox else { return 0 }
        let now = clock.now()
        // Longer than a batch can take; then another node takes over.
        let claimTime = settings.timeLimit * (Self.batchSize + 2)
        let claim = try await outbox.claim(Self.batchSize, until: now + claimTime, at: now)
        if claim.leftOut > 0 {
            logger.error("outbox is full, events lost", metadata: ["events": "\(claim.leftOut)"])
        }
        for entry in claim.entries {
            if Task.isShuttingDownGracefully {
                // Another node may have it at once, and need not wait until this one's time is up.
                try await outbox.postpone(entry, until: now)
            } else {
                try await deliver(entry, from: outbox)
            }
        }
        return claim.entries.count
    }

    private func deliver(_ entry: OutboxEntry, from outbox: any Outbox) async throws {
        do {
            try await client.post(entry.message.body, id: entry.message.id)
            try await outbox.remove([entry])
        } catch let error as WebhookError {
            let now = clock.now()
            guard now - entry.message.created < Self.retention else {
                logger.error(
                    "event given up", metadata: ["id": "\(entry.message.id)", "attempts": "\(entry.attempts)"])
                return try await outbox.remove([entry])
            }
            let wait = Self.wait(after: entry.attempts)
            logger.warning(
                "event not delivered",
                metadata: [
                    "id": "\(entry.message.id)", "code": "\(error.code.rawValue)", "attempts": "\(entry.attempts)",
                    "retryAfter": "\(wait.wholeSeconds)",
                ])
            try await outbox.postpone(entry, until: now + wait)
        }
    }

    /// 1, 2, 4… seconds, an hour at most.
    static func wait(after attempts: Int) -> Duration { .seconds(min(1 << min(max(attempts - 1, 0), 12), 3600)) }
}
