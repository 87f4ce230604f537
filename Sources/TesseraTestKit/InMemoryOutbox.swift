import Synchronization
package import TesseraCore
package import TesseraRuntime

/// An outbox in memory, for tests.
package final class InMemoryOutbox: Outbox {
    private struct Held {
        let entry: OutboxEntry
        var dueAt: Timestamp
    }

    private struct State {
        var next: Int64 = 1
        var held: [Held] = []
        var failure: StoreError?
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

    package func append(_ messages: [OutboxMessage], at now: Timestamp) async throws(StoreError) {
        try call { state -> Result<Void, StoreError> in
            guard state.held.count + messages.count <= limit else {
                return .failure(StoreError(.unavailable, "the outbox is full"))
            }
            for message in messages {
                let entry = OutboxEntry(number: state.next, message: message, created: now, attempts: 0)
                state.held.append(Held(entry: entry, dueAt: now))
                state.next += 1
            }
            return .success(())
        }
    }

    package func claim(
        _ limit: Int, until: Timestamp, at now: Timestamp
    ) async throws(StoreError) -> [OutboxEntry] {
        try call { state -> Result<[OutboxEntry], StoreError> in
            var claimed: [OutboxEntry] = []
            for index in state.held.indices where state.held[index].dueAt <= now && claimed.count < limit {
                let entry = state.held[index].entry
                let next = OutboxEntry(
                    number: entry.number, message: entry.message, created: entry.created,
                    attempts: entry.attempts + 1)
                state.held[index] = Held(entry: next, dueAt: until)
                claimed.append(next)
            }
            return .success(claimed)
        }
    }

    package func remove(_ ids: [Int64]) async throws(StoreError) {
        try call { state -> Result<Void, StoreError> in
            state.held.removeAll { ids.contains($0.entry.number) }
            return .success(())
        }
    }

    package func postpone(_ id: Int64, until: Timestamp) async throws(StoreError) {
        try call { state -> Result<Void, StoreError> in
            for index in state.held.indices where state.held[index].entry.number == id {
                state.held[index].dueAt = until
            }
            return .success(())
        }
    }
}
