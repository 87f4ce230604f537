import Dispatch
import Synchronization
import TesseraRuntime

/// Answers calls with `store_timeout` once they have waited as long as they may.
///
/// The limit is the same for all, so that they run out in the order in which they came, and one timer is enough.
final class Deadlines: Sendable {
    fileprivate struct Entry {
        let call: any PendingCall
        let deadline: ContinuousClock.Instant
    }

    fileprivate struct State {
        /// Oldest first, from `start` on; those before it are gone.
        var entries: [Entry?] = []
        var start = 0
        var timerIsSet = false
    }

    private let limit: Duration
    private let clock = ContinuousClock()
    private let queue = DispatchQueue(label: "tessera.sqlite.deadlines")
    private let state = Mutex(State())

    init(limit: Duration) {
        self.limit = limit
    }

    /// How many calls are kept: those that wait, and answered ones behind one that waits.
    var count: Int { state.withLock { $0.entries.count - $0.start } }

    /// Sees to it that a call is answered in time.
    func watch(_ call: any PendingCall) {
        let setsTimer = state.withLock { state in
            state.dropAnswered()
            state.entries.append(Entry(call: call, deadline: clock.now + limit))
            defer { state.timerIsSet = true }
            return !state.timerIsSet
        }
        if setsTimer { setTimer(after: limit) }
    }

    private func setTimer(after delay: Duration) {
        // A millisecond more, so that the timer never comes just too early.
        let milliseconds = delay.components.seconds * 1000 + delay.components.attoseconds / 1_000_000_000_000_000 + 1
        queue.asyncAfter(deadline: .now() + .milliseconds(Int(milliseconds))) { [self] in expire() }
    }

    private func expire() {
        let now = clock.now
        let (expired, next) = state.withLock { state in
            let expired = state.takeExpired(at: now)
            state.dropAnswered()
            let next = state.first?.deadline
            state.timerIsSet = next != nil
            return (expired, next)
        }
        for call in expired {
            call.fail(StoreError(.timeout, "the session store did not answer within \(limit)"))
        }
        if let next { setTimer(after: next - now) }
    }
}

extension Deadlines.State {
    fileprivate var first: Deadlines.Entry? { start < entries.count ? entries[start] : nil }

    fileprivate mutating func takeExpired(at now: ContinuousClock.Instant) -> [any PendingCall] {
        var expired: [any PendingCall] = []
        while let entry = first, entry.deadline <= now {
            expired.append(entry.call)
            dropFirst()
        }
        return expired
    }

    /// Lets the oldest go as long as they have their answers, so that what is kept follows what is waiting.
    fileprivate mutating func dropAnswered() {
        while let entry = first, entry.call.isAnswered { dropFirst() }
    }

    private mutating func dropFirst() {
        entries[start] = nil
        start += 1
        // Moving the rest up costs no more than the entries that went before it.
        guard start > 64, start * 2 > entries.count else { return }
        entries.removeFirst(start)
        start = 0
    }
}
