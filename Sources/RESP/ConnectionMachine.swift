/// The rules of a connection that commands go over, without I/O.
///
/// Replies belong to commands by their order and by nothing else. So an entry leaves the list only with its last
/// reply, or with the connection: who stops waiting leaves an abandoned entry behind, which takes the replies in.
/// And what nobody asked for ends the connection, for from there on the order would be a guess.
package struct ConnectionMachine: Sendable {
    private enum State: Sendable {
        /// The handshake is under way. Becomes `ready` or `closed`.
        case handshaking(HandshakeProgress)
        /// Commands come and go. Becomes `draining` or `closed`.
        case ready
        /// No more commands; the answers that are missing are waited for. Becomes `closed`.
        case draining
        /// Nothing more happens.
        case closed
    }

    /// What to do with a reply.
    package enum Action: Sendable, Hashable {
        /// Nothing; a step of the handshake was answered.
        case proceed
        /// The handshake is over: commands may be submitted.
        case becomeReady(ServerFacts)
        /// It is the reply, or one of the replies, of the oldest entry; with the last one the entry is gone.
        case deliver(isLast: Bool)
        /// The same, and nobody wants it.
        case discard(isLast: Bool)
        /// Close the connection. All entries fail.
        case close(ClosingReason)
    }

    /// What a look at the clock gave.
    package struct Expiry: Sendable, Hashable {
        /// Nothing has happened, and nothing is awaited.
        package init() {}

        /// The positions of entries, counted from the oldest, that have just been abandoned for their deadline.
        package var expired: [Int] = []
        /// Close the connection: the server answers nothing.
        package var isStalled = false
        /// When to look again.
        package var next: MonotonicTime?
    }

    private var state: State
    private var pending = PendingReplies()
    private var lastReply = MonotonicTime(nanoseconds: 0)

    /// A connection that has just been made and sent `handshake`, which has at least one step.
    package init(handshake: [HandshakeStep]) {
        precondition(!handshake.isEmpty, "a connection is ready once its handshake is answered")
        state = .handshaking(HandshakeProgress(handshake))
    }

    /// How many entries are there, abandoned ones included.
    package var count: Int { pending.count }

    /// Nothing is to come any more and no command will be taken: the connection may be closed.
    package var isDrained: Bool {
        switch state {
        case .draining: pending.isEmpty
        case .handshaking, .ready, .closed: false
        }
    }

    /// Adds an entry for what is about to be written: `replies` answers are expected. False where the connection takes
    /// no commands; they must not be written then.
    ///
    /// `allowance` is how long the server may say nothing at all while this entry is the next to be answered.
    package mutating func submit(
        replies: Int, now: MonotonicTime, deadline: MonotonicTime, allowance: Duration
    ) -> Bool {
        switch state {
        case .ready:
            pending.append(.init(missing: replies, submitted: now, deadline: deadline, allowance: allowance))
            return true
        case .handshaking, .draining, .closed:
            return false
        }
    }

    /// Takes a reply.
    package mutating func receive(_ reply: RedisReply, now: MonotonicTime) -> Action {
        switch state {
        case .handshaking(var progress):
            let outcome = progress.receive(reply)
            state = .handshaking(progress)
            return advance(outcome)
        case .ready, .draining:
            lastReply = now
            guard let answered = pending.answerFirst() else {
                return close(.violation(RESPError(.unexpected, "a reply that no command waits for")))
            }
            return answered.isAbandoned ? .discard(isLast: answered.isLast) : .deliver(isLast: answered.isLast)
        case .closed:
            return .proceed
        }
    }

    private mutating func advance(_ outcome: HandshakeProgress.Outcome) -> Action {
        switch outcome {
        case .more: return .proceed
        case .failed(let reason): return close(reason)
        case .finished(let facts):
            state = .ready
            return .becomeReady(facts)
        }
    }

    private mutating func close(_ reason: ClosingReason) -> Action {
        state = .closed
        return .close(reason)
    }

    /// Nobody waits for the entry at `position` any more. Its replies will come all the same and be discarded. False
    /// where that was so already.
    package mutating func abandon(at position: Int) -> Bool {
        if pending[position].isAbandoned { return false }
        pending[position].isAbandoned = true
        return true
    }

    /// Abandons what is past its deadline, and says whether the server has gone silent.
    package mutating func expire(now: MonotonicTime) -> Expiry {
        var expiry = Expiry()
        for position in 0..<pending.count where !pending[position].isAbandoned {
            let deadline = pending[position].deadline
            if deadline <= now {
                pending[position].isAbandoned = true
                expiry.expired.append(position)
            } else {
                expiry.next = min(expiry.next ?? deadline, deadline)
            }
        }
        if let first = pending.first {
            let limit = max(lastReply, first.submitted).advanced(by: first.allowance)
            expiry.isStalled = limit <= now
            expiry.next = min(expiry.next ?? limit, limit)
        }
        if expiry.isStalled { expiry.next = nil }
        return expiry
    }

    /// Takes no more commands, and waits for the answers that are missing.
    package mutating func drain() {
        switch state {
        case .ready: state = .draining
        case .handshaking, .draining, .closed: break
        }
    }

    /// The connection is gone, and the entries with it: the positions of those that somebody waited for.
    package mutating func disconnect() -> [Int] {
        state = .closed
        defer { pending.removeAll() }
        return (0..<pending.count).filter { !pending[$0].isAbandoned }
    }
}
