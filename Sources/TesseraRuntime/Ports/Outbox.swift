package import TesseraCore

/// Keeps what must reach other systems at least once, until it has.
///
/// A message about a change is written by the step that makes the change (`UserChange.messages`, and `telling` of
/// `UserDirectory`), so that nothing that happens in between can lose it. Those that find the outbox full are left out,
/// and counted: a sign-out must not fail because an application does not take its messages.
package protocol Outbox: Sendable {
    /// Adds messages that no change brings along; returns once they are durable. Refuses them (`store_unavailable`)
    /// beyond the outbox's limit.
    func append(_ messages: [OutboxMessage]) async throws(StoreError)

    /// Takes messages that are due, roughly the oldest first, and hides them from other callers until `until`: whoever
    /// does not remove or postpone them by then, has them given to another.
    func claim(_ limit: Int, until: Timestamp, at now: Timestamp) async throws(StoreError) -> OutboxClaim

    /// Removes messages that have arrived, or are given up.
    func remove(_ entries: [OutboxEntry]) async throws(StoreError)

    /// Has a message be due later.
    func postpone(_ entry: OutboxEntry, until: Timestamp) async throws(StoreError)
}

/// What a caller has taken.
package struct OutboxClaim: Sendable, Hashable {
    package var entries: [OutboxEntry]
    /// How many messages have found the outbox full, as far as nobody was told of them before.
    package var leftOut: Int

    package init(entries: [OutboxEntry] = [], leftOut: Int = 0) {
        self.entries = entries
        self.leftOut = leftOut
    }
}

/// A message in the outbox.
package struct OutboxEntry: Sendable, Hashable {
    /// Where it is; means something to its outbox alone.
    package let place: Int64
    package let message: OutboxMessage
    /// How often it was claimed, this time included.
    package let attempts: Int

    package init(place: Int64, message: OutboxMessage, attempts: Int) {
        self.place = place
        self.message = message
        self.attempts = attempts
    }
}
