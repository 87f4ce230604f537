package import TesseraCore

/// Keeps what must reach other systems at least once, until it has.
package protocol Outbox: Sendable {
    /// Adds messages; returns once they are durable. Refuses them (`store_unavailable`) beyond the outbox's limit.
    func append(_ messages: [OutboxMessage], at now: Timestamp) async throws(StoreError)

    /// Takes messages that are due, the oldest first, and hides them from other callers until `until`: whoever does not
    /// remove or postpone them by then, has them given to another.
    func claim(_ limit: Int, until: Timestamp, at now: Timestamp) async throws(StoreError) -> [OutboxEntry]

    /// Removes messages that have arrived, or are given up.
    func remove(_ ids: [Int64]) async throws(StoreError)

    /// Has a message be due later.
    func postpone(_ id: Int64, until: Timestamp) async throws(StoreError)
}

/// A message for another system.
package struct OutboxMessage: Sendable, Hashable {
    /// Names it for its receiver, who may get it more than once.
    package let id: String
    /// What is sent.
    package let body: [UInt8]

    package init(id: String, body: [UInt8]) {
        self.id = id
        self.body = body
    }
}

/// A message in the outbox.
package struct OutboxEntry: Sendable, Hashable {
    /// Its place.
    package let number: Int64
    package let message: OutboxMessage
    package let created: Timestamp
    /// How often it was claimed, this time included.
    package let attempts: Int

    package init(number: Int64, message: OutboxMessage, created: Timestamp, attempts: Int) {
        self.number = number
        self.message = message
        self.created = created
        self.attempts = attempts
    }
}
