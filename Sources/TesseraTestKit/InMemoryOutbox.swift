import Synchronization
package import TesseraCore
package import TesseraRuntime

/// An outbox in memory, for tests.
package final class InMemoryOutbox: Outbox {
    private struct Held {
        let entry: OutboxEntry
        var dueAt: Timestamp

        init(_ message: OutboxMessage, _ place: Int64) {
            entry = OutboxEntry(place: place, message: message, attempts: 0)
            dueAt = message.created
        }

        init(_ entry: OutboxEntry, dueAt: Timestamp) {
            self.entry = entry
            self.dueAt = dueAt
        }
    }

    private struct State {
        var next: Int64 = 1
        var held: [Held] = []
        var leftOut = 0
        var failure: StoreError?

        mutating func hold(_ message: OutboxMessage) {
            held.append(Held(message, next))
            next += 1
        }
    }

    private let state = Mutex(State())
    private let limit: Int

    package init(limit: Int = 100_000) { self.limit = limit }

    /// How many messages it keeps.
    package var count: Int { state.withLock { $0.held.count } }

    /// Lets every call fail, or none where it is `nil`.
    package func fail(with error: StoreError?) { state.withLock { $0.failure = error } }

    private func call<Value: Sendable>(
        _ body: (inout State) -> Result<Value, StoreError>
    ) throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = state.withLock { state in
            if let failure = state.failure { return .failure(failure) }
            return body(&state)
        }
        return try result.get()
    }

    package func append(_ messages: [OutboxMessage]) async throws(StoreError) {
        try call { state -> Result<Void, StoreError> in
            guard state.held.count + messages.count <= limit else {
                return .failure(StoreError(.unavailable, "the outbox is full"))
            }
            for message in messages { state.hold(message) }
            return .success(())
        }
    }

    /// Adds what a change tells of, as far as there is room.
    func post(_ messages: [OutboxMessage]) {
        state.withLock { state in
            for message in messages {
                if state.held.count < limit { state.hold(message) } else { state.leftOut += 1 }
            }
        }
    }

    package func claim(
        _ limit: Int, until: Timestamp, at now: Timestamp
    ) async throws(StoreError) -> OutboxClaim {
        try call { state -> Result<OutboxClaim, StoreError> in
            var claim = OutboxClaim(leftOut: state.leftOut)
            state.leftOut = 0
            for index in state.held.indices where state.held[index].dueAt <= now && claim.entries.count < limit {
                let entry = state.held[index].entry
                let next = OutboxEntry(place: entry.place, message: entry.message, attempts: entry.attempts + 1)
                state.held[index] = Held(next, dueAt: until)
                claim.entries.append(next)
            }
            return .success(claim)
        }
    }

    package func remove(_ entries: [OutboxEntry]) async throws(StoreError) {
        let places = Set(entries.map(\.place))
        try call { state -> Result<Void, StoreError> in
            state.held.removeAll { places.contains($0.entry.place) }
            return .success(())
        }
    }

    package func postpone(_ entry: OutboxEntry, until: Timestamp) async throws(StoreError) {
        try call { state -> Result<Void, StoreError> in
            for index in state.held.indices where state.held[index].entry.place == entry.place {
                state.held[index].dueAt = until
            }
            return .success(())
        }
    }
}
