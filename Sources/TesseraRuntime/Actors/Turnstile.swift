import DequeModule
import Synchronization

/// Lets one task pass at a time, in the order of their arrival.
///
/// An actor alone does not do this: while it waits, it takes the next call. Whoever waits here leaves at once when his
/// task is cancelled, and when his turn has not come within `patience`; at most `limit` may wait, further ones are
/// refused.
package final class Turnstile: Sendable {
    /// Why somebody was not let through.
    package enum Refusal: Error, Hashable {
        /// Too many are waiting.
        case full
        /// The turn has not come in time.
        case late
        case cancelled
    }

    private struct State {
        var isOccupied = false
        var nextTicket: UInt64 = 0
        var waiting: Deque<(ticket: UInt64, continuation: CheckedContinuation<Refusal?, Never>)> = []
        /// Tickets whose task was cancelled before it began to wait, or once its turn had come.
        var cancelledEarly: Set<UInt64> = []

        enum Answer {
            case granted
            case refused(Refusal)

            var refusal: Refusal? {
                switch self {
                case .granted: nil
                case .refused(let refusal): refusal
                }
            }
        }

        /// Queues for the turn; an answer where there is nothing to wait for. Since the ticket was drawn the place may
        /// have become free, or the task may have been cancelled.
        mutating func join(
            _ ticket: UInt64, _ continuation: CheckedContinuation<Refusal?, Never>, limit: Int
        ) -> Answer? {
            if cancelledEarly.contains(ticket) { return .refused(.cancelled) }
            guard isOccupied else {
                isOccupied = true
                return .granted
            }
            guard waiting.count < limit else { return .refused(.full) }
            waiting.append((ticket, continuation))
            return nil
        }

        /// Leaves the queue because its task is cancelled; `nil` where the ticket does not wait there.
        mutating func cancel(_ ticket: UInt64) -> CheckedContinuation<Refusal?, Never>? {
            let continuation = remove(ticket)
            if continuation == nil { cancelledEarly.insert(ticket) }
            return continuation
        }

        /// Leaves the queue; `nil` where the ticket does not wait there.
        mutating func remove(_ ticket: UInt64) -> CheckedContinuation<Refusal?, Never>? {
            waiting.firstIndex { $0.ticket == ticket }.map { waiting.remove(at: $0).continuation }
        }
    }

    private let state = Mutex(State())
    private let limit: Int
    private let patience: Duration

    package init(limit: Int, patience: Duration) {
        self.limit = limit
        self.patience = patience
    }

    /// Runs `body` when everybody who came before has left.
    package func pass<Result>(_ body: () async throws -> Result) async throws -> Result {
        try await enter()
        defer { leave() }
        return try await body()
    }

    /// How many wait.
    package var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// How many cancellations are noted for tickets that do not wait; none once everybody has left.
    package var notedCancellations: Int { state.withLock { $0.cancelledEarly.count } }

    private func enter() async throws(Refusal) {
        let ticket = state.withLock { state -> UInt64? in
            guard state.isOccupied else {
                state.isOccupied = true
                return nil
            }
            state.nextTicket += 1
            return state.nextTicket
        }
        guard let ticket else { return }
        if let refusal = await waitPatiently(ticket) { throw refusal }
    }

    private func waitPatiently(_ ticket: UInt64) async -> Refusal? {
        async let _: Void = giveUp(ticket)
        return await wait(ticket)
    }

    private func giveUp(_ ticket: UInt64) async {
        // Cancelled as soon as the wait is over.
        guard (try? await Task.sleep(for: patience)) != nil else { return }
        let continuation = state.withLock { $0.remove(ticket) }
        continuation?.resume(returning: .late)
    }

    /// Waits for the turn. Returns why it did not come.
    private func wait(_ ticket: UInt64) async -> Refusal? {
        // A cancellation that comes once the turn is granted changes nothing, but leaves its ticket behind.
        defer { state.withLock { _ = $0.cancelledEarly.remove(ticket) } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { $0.join(ticket, continuation, limit: limit) }
                if let answer { continuation.resume(returning: answer.refusal) }
            }
        } onCancel: {
            let continuation = state.withLock { $0.cancel(ticket) }
            continuation?.resume(returning: .cancelled)
        }
    }

    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Refusal?, Never>? in
            guard let first = state.waiting.popFirst() else {
                state.isOccupied = false
                return nil
            }
            return first.continuation
        }
        next?.resume(returning: nil)
    }
}
