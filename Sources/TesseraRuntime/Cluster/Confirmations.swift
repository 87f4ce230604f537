import Synchronization
import TesseraCore

/// The requests of this node that wait for the other nodes' acknowledgement.
///
/// Each waits until everybody asked has answered, or until its deadline, at which who has not answered has provably
/// stopped trusting what his mirror said before the request.
final class Confirmations: Sendable {
    /// Who has applied what was published before a request.
    struct Answers: Sendable, Hashable {
        /// Who said so.
        var nodes: Set<NodeID> = []
        /// Who was asked, and did not answer before the deadline.
        var silent: Set<NodeID> = []
        /// Whether it is certain that nobody else can accept what was ended.
        var isComplete = true
    }

    private struct Waiting {
        var answered: Set<NodeID> = []
        /// Whom to wait for; `nil` until that is known.
        var asked: Set<NodeID>?
        /// By the steady clock.
        var deadline: Duration
        var continuation: CheckedContinuation<Answers, Never>?
        var isCancelled = false
        /// Nobody could be asked: only the deadline brings certainty.
        var needsDeadline = false

        var isDone: Bool { !needsDeadline && asked.map { $0.isSubset(of: answered) } ?? false }

        func answers(isComplete: Bool) -> Answers {
            Answers(nodes: answered, silent: (asked ?? []).subtracting(answered), isComplete: isComplete)
        }
    }

    private struct State {
        var lastNumber: UInt64 = 0
        var waiting: [UInt64: Waiting] = [:]
    }

    /// The most requests that wait at once.
    private static let limit = 1000
    private let state = Mutex(State())

    /// How many requests wait.
    var count: Int { state.withLock { $0.waiting.count } }

    /// Begins to collect answers to a new request; `nil` where too many wait already.
    func begin(deadline: Duration) -> UInt64? {
        state.withLock { state in
            guard state.waiting.count < Self.limit else { return nil }
            state.lastNumber += 1
            state.waiting[state.lastNumber] = Waiting(deadline: deadline)
            return state.lastNumber
        }
    }

    /// Says whom to wait for, and until when, where that is later than what was said at first.
    func ask(_ nodes: Set<NodeID>, _ number: UInt64, deadline: Duration) {
        update(number) { waiting in
            waiting.asked = nodes
            waiting.deadline = max(waiting.deadline, deadline)
        }
    }

    /// These nodes could not be asked: they count as silent at the deadline.
    func waitForDeadline(_ nodes: Set<NodeID>, _ number: UInt64, deadline: Duration) {
        update(number) { waiting in
            waiting.asked = nodes
            waiting.needsDeadline = true
            waiting.deadline = max(waiting.deadline, deadline)
        }
    }

    /// A node has answered.
    func note(_ number: UInt64, by node: NodeID) { update(number) { $0.answered.insert(node) } }

    private func update(_ number: UInt64, _ body: (inout Waiting) -> Void) {
        let continuation = state.withLock { state -> (CheckedContinuation<Answers, Never>, Answers)? in
            guard var waiting = state.waiting[number] else { return nil }
            body(&waiting)
            state.waiting[number] = waiting
            guard waiting.isDone, let continuation = waiting.continuation else { return nil }
            state.waiting[number] = nil
            return (continuation, waiting.answers(isComplete: true))
        }
        if let (continuation, answers) = continuation { continuation.resume(returning: answers) }
    }

    /// Waits for the answers to a request that was begun. Cancelled, it returns at once, and nothing is certain.
    func wait(for number: UInt64) async -> Answers {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answers = state.withLock { state -> Answers? in
                    guard var waiting = state.waiting[number] else { return Answers(isComplete: false) }
                    guard waiting.isDone || waiting.isCancelled else {
                        waiting.continuation = continuation
                        state.waiting[number] = waiting
                        return nil
                    }
                    state.waiting[number] = nil
                    return waiting.answers(isComplete: !waiting.isCancelled)
                }
                if let answers { continuation.resume(returning: answers) }
            }
        } onCancel: {
            let cancelled = state.withLock { state -> (CheckedContinuation<Answers, Never>, Answers)? in
                state.waiting[number]?.isCancelled = true
                guard let waiting = state.waiting[number], let continuation = waiting.continuation else { return nil }
                state.waiting[number] = nil
                return (continuation, waiting.answers(isComplete: false))
            }
            if let (continuation, answers) = cancelled { continuation.resume(returning: answers) }
        }
    }

    /// Ends the waits whose deadline has passed.
    func tick(at steady: Duration) {
        let due = state.withLock { state -> [(CheckedContinuation<Answers, Never>, Answers)] in
            var due: [(CheckedContinuation<Answers, Never>, Answers)] = []
            for (number, waiting) in state.waiting where waiting.deadline <= steady {
                guard let continuation = waiting.continuation else { continue }
                state.waiting[number] = nil
                due.append((continuation, waiting.answers(isComplete: true)))
            }
            return due
        }
        for (continuation, answers) in due { continuation.resume(returning: answers) }
    }
}
