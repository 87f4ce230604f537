import DequeModule
import Synchronization

/// Lets one task pass at a time, in the order of their arrival.
///
/// An actor alone does not do this: while it waits, it takes the next call. Whoever waits here leaves at once when his
/// task is cancelled; at most `limit` may wait, further ones are refused.
package final class Turnstile: Sendable {
    /// Why somebody was not let through.
    package enum Refusal: Error, Hashable {
        /// Too many are waiting.
        case full
        case cancelled
    }

    private struct State {
        var isOccupied = false
        var nextTicket: UInt64 = 0
        var waiting: Deque<(ticket: UInt64, continuation: CheckedContinuation<Bool, Never>)> = []
        /// Tickets whose task was cancelled before it began to wait.
        var cancelledEarly: Set<UInt64> = []
    }

    private let state = Mutex(State())
    private let limit: Int

    package init(limit: Int) { self.limit = limit }

    /// Runs `body` when everybody who came before has left.
    package func pass<Result>(_ body: () async throws -> Result) async throws -> Result {
        try await enter()
        defer { leave() }
        return try await body()
    }

    /// How many wait.
    package var waitingCount: Int { state.withLock { $0.waiting.count } }

    private func enter() async throws(Refusal) {
        enum Entry { case free, full, wait(UInt64) }
        let entry = state.withLock { state -> Entry in
            guard state.isOccupied else {
                state.isOccupied = true
                return .free
            }
            guard state.waiting.count < limit else { return .full }
            state.nextTicket += 1
            return .wait(state.nextTicket)
        }
        switch entry {
        case .free: return
        case .full: throw .full
        case .wait(let ticket): guard await wait(ticket) else { throw .cancelled }
        }
    }

    /// Waits for the turn. Returns false when the task was cancelled first.
    private func wait(_ ticket: UInt64) async -> Bool {
        // A cancellation that comes once the turn is granted changes nothing, but leaves its ticket behind.
        defer { state.withLock { _ = $0.cancelledEarly.remove(ticket) } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Between drawing the ticket and here the place may have become free, or the task cancelled.
                let answer = state.withLock { state -> Bool? in
                    if state.cancelledEarly.remove(ticket) != nil { return false }
                    guard state.isOccupied else {
                        state.isOccupied = true
                        return true
                    }
                    state.waiting.append((ticket, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let continuation = state.withLock { state -> CheckedContinuation<Bool, Never>? in
                guard let index = state.waiting.firstIndex(where: { $0.ticket == ticket }) else {
                    state.cancelledEarly.insert(ticket)
                    return nil
                }
                return state.waiting.remove(at: index).continuation
            }
            continuation?.resume(returning: false)
        }
    }

    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard let first = state.waiting.popFirst() else {
                state.isOccupied = false
                return nil
            }
            return first.continuation
        }
        next?.resume(returning: true)
    }
}
