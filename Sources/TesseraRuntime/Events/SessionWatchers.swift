import Synchronization
package import TesseraCore

/// What somebody who watches his session is told.
package enum SessionNotice: Sendable, Hashable {
    /// The session has ended; nothing more comes.
    case ended(EndReason)
    /// Its claims have changed, and older tokens are not fresh any more.
    case changed
    /// Nothing happened; so that both sides learn whether the other one is still there.
    case heartbeat
}

/// Who watches which session on this node, to be told at once, from whichever node, when it ends or changes.
///
/// Bounded: beyond the limit nobody more is taken, and a watcher who is too slow is cut off; he may come back.
package final class SessionWatchers: Sendable {
    /// Of the session that a watcher has shown to be his.
    package struct Subject: Sendable, Hashable {
        package let user: UserID
        package let session: SessionID
        package let userEpoch: Epoch
        package let deploymentEpoch: Epoch
        /// Until when he may watch with this token.
        package let until: Timestamp

        package init(
            user: UserID, session: SessionID, userEpoch: Epoch, deploymentEpoch: Epoch, until: Timestamp
        ) {
            self.user = user
            self.session = session
            self.userEpoch = userEpoch
            self.deploymentEpoch = deploymentEpoch
            self.until = until
        }
    }

    private struct Watcher {
        let subject: Subject
        let input: AsyncStream<SessionNotice>.Continuation
    }

    private struct State {
        var lastNumber: UInt64 = 0
        var watchers: [UInt64: Watcher] = [:]
        var bySession: [SessionID: Set<UInt64>] = [:]
        var byUser: [UserID: Set<UInt64>] = [:]
        var isClosed = false

        mutating func add(_ watcher: Watcher) -> UInt64 {
            lastNumber += 1
            watchers[lastNumber] = watcher
            bySession[watcher.subject.session, default: []].insert(lastNumber)
            byUser[watcher.subject.user, default: []].insert(lastNumber)
            return lastNumber
        }

        mutating func remove(_ number: UInt64) {
            guard let watcher = watchers.removeValue(forKey: number) else { return }
            bySession[watcher.subject.session]?.remove(number)
            if bySession[watcher.subject.session]?.isEmpty == true { bySession[watcher.subject.session] = nil }
            byUser[watcher.subject.user]?.remove(number)
            if byUser[watcher.subject.user]?.isEmpty == true { byUser[watcher.subject.user] = nil }
        }

        /// Whom a revocation concerns, and what he is told.
        func concerned(by revocation: Revocation) -> (numbers: [UInt64], notice: SessionNotice)? {
            switch revocation.fact {
            case .token: return nil
            case .session(let id): return (Array(bySession[id] ?? []), .ended(revocation.reason))
            case .generations(let id, below: _): return (Array(bySession[id] ?? []), .changed)
            case .user(let user, let below):
                let numbers = (byUser[user] ?? []).filter { (watchers[$0]?.subject.userEpoch ?? below) < below }
                return (Array(numbers), .ended(revocation.reason))
            case .everybody(let below):
                let numbers = watchers.filter { $0.value.subject.deploymentEpoch < below }.keys
                return (Array(numbers), .ended(revocation.reason))
            }
        }
    }

    /// How many notices wait for a watcher at most.
    private static let queueLimit = 8
    /// How many may watch one session, and one user's, at once: tabs of a browser, and a user's browsers. So nobody takes
    /// all that there is.
    package static let sessionLimit = 16
    package static let userLimit = 64
    private let state = Mutex(State())
    private let limit: Int

    /// - Parameter limit: how many may watch at once.
    package init(limit: Int) { self.limit = limit }

    /// How many watch.
    package var count: Int { state.withLock { $0.watchers.count } }

    /// Begins to watch a session; `nil` where too many watch already (all, or this session or user), or the node is
    /// stopping.
    ///
    /// The stream ends after `ended`, and when the node stops. Whoever iterates it must look at the mirror once more
    /// after this call: what ended the session just before is not told.
    package func watch(_ subject: Subject) -> AsyncStream<SessionNotice>? {
        let (stream, input) = AsyncStream.makeStream(
            of: SessionNotice.self, bufferingPolicy: .bufferingOldest(Self.queueLimit))
        let number = state.withLock { state -> UInt64? in
            guard !state.isClosed, state.watchers.count < limit,
                state.bySession[subject.session]?.count ?? 0 < Self.sessionLimit,
                state.byUser[subject.user]?.count ?? 0 < Self.userLimit
            else { return nil }
            return state.add(Watcher(subject: subject, input: input))
        }
        guard let number else { return nil }
        input.onTermination = { [weak self] _ in self?.state.withLock { $0.remove(number) } }
        return stream
    }

    /// Tells whom it concerns.
    package func tell(_ revocations: [Revocation]) {
        guard !revocations.isEmpty, count > 0 else { return }
        for revocation in revocations {
            let told = state.withLock { state -> ([AsyncStream<SessionNotice>.Continuation], SessionNotice)? in
                guard !state.watchers.isEmpty, let (numbers, notice) = state.concerned(by: revocation) else {
                    return nil
                }
                let inputs = numbers.compactMap { state.watchers[$0]?.input }
                if case .ended = notice { for number in numbers { state.remove(number) } }
                return (inputs, notice)
            }
            guard let (inputs, notice) = told else { continue }
            Self.give(notice, to: inputs)
        }
    }

    private static func give(_ notice: SessionNotice, to inputs: [AsyncStream<SessionNotice>.Continuation]) {
        for input in inputs {
            let result = input.yield(notice)
            if case .ended = notice { input.finish() } else if case .dropped = result { input.finish() }
        }
    }

    /// Lets everybody know that this node is still there; and notices who is not.
    package func beat() {
        Self.give(.heartbeat, to: state.withLock { $0.watchers.values.map(\.input) })
    }

    /// Ends the streams of those whose tokens have expired: they come back with newer ones, or not at all.
    package func endExpired(at now: Timestamp) {
        let inputs = state.withLock { state in
            let expired = state.watchers.filter { $0.value.subject.until <= now }
            for number in expired.keys { state.remove(number) }
            return expired.values.map(\.input)
        }
        for input in inputs { input.finish() }
    }

    /// Ends all streams, and takes nobody more: the node stops.
    package func close() {
        let inputs = state.withLock { state in
            defer { state = State(lastNumber: state.lastNumber, isClosed: true) }
            return state.watchers.values.map(\.input)
        }
        for input in inputs { input.finish() }
    }
}
