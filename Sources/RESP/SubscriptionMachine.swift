/// The rules of a connection that is subscribed to channels (RESP2), without I/O.
package struct SubscriptionMachine: Sendable {
    /// What the connection asks for and is told.
    package enum Kind: Sendable, Hashable {
        /// `SUBSCRIBE`: a message reaches every server of a cluster.
        case plain
        /// `SSUBSCRIBE`: a channel belongs to the slot of its name.
        case sharded
    }

    private enum State: Sendable {
        /// The handshake is under way. Becomes `subscribed` or `closed`.
        case handshaking(HandshakeProgress)
        /// Channels have been asked for; messages may come.
        case subscribed
        /// Nothing more happens.
        case closed
    }

    /// What to do with a reply.
    package enum Action: Sendable, Hashable {
        /// Nothing.
        case proceed
        /// The handshake is over: write `subscribeCommands`.
        case subscribe(ServerFacts)
        /// The server delivers this channel from here on.
        case subscribed(String)
        /// A message.
        case message(channel: String, payload: [UInt8])
        /// The server delivers this channel no more: in a cluster its slot has moved.
        case unsubscribed(String)
        /// The server does not deliver these channels.
        case refused([String], RedisServerError)
        /// Close the connection.
        case close(ClosingReason)
    }

    /// What a look at the clock gave.
    package enum Attention: Sendable, Hashable {
        /// Look again then.
        case wait(until: MonotonicTime)
        /// Write a `PING`, and look again then.
        case ping(until: MonotonicTime)
        /// Close the connection: the server says nothing.
        case close(ClosingReason)
    }

    private let kind: Kind
    private let channels: [String]
    private var state: State
    /// The channels of each command that has not been answered, in order.
    private var unanswered: [[String]] = []
    private var lastHeard: MonotonicTime
    private var isPinged = false

    /// A connection that has just been made and sent `handshake`.
    package init(handshake: [HandshakeStep], channels: [String], kind: Kind, now: MonotonicTime) {
        precondition(!handshake.isEmpty && !channels.isEmpty, "something to ask for")
        self.kind = kind
        self.channels = channels
        state = .handshaking(HandshakeProgress(handshake))
        lastHeard = now
    }

    /// What to write after the handshake. Sharded channels are asked for one by one: a command may name those of one
    /// slot only.
    package var subscribeCommands: [RedisCommand] {
        switch kind {
        case .plain: [RedisCommand("SUBSCRIBE", arguments: channels.map { .string($0) })]
        case .sharded: channels.map { RedisCommand("SSUBSCRIBE", $0) }
        }
    }

    /// Takes a reply.
    package mutating func receive(_ reply: RedisReply, now: MonotonicTime) -> Action {
        lastHeard = now
        switch state {
        case .handshaking(var progress):
            let outcome = progress.receive(reply)
            state = .handshaking(progress)
            return advance(outcome)
        case .subscribed:
            return take(reply)
        case .closed:
            return .proceed
        }
    }

    private mutating func advance(_ outcome: HandshakeProgress.Outcome) -> Action {
        switch outcome {
        case .more: return .proceed
        case .failed(let reason): return close(reason)
        case .finished(let facts):
            state = .subscribed
            unanswered = kind == .plain ? [channels] : channels.map { [$0] }
            return .subscribe(facts)
        }
    }

    private mutating func take(_ reply: RedisReply) -> Action {
        switch reply {
        case .array(let elements): return take(elements)
        case .error(let error):
            // A user who may not `PING` gets an error for it: a sign of life like another.
            guard !unanswered.isEmpty else { return pong() }
            return .refused(unanswered.removeFirst(), error)
        case .status("PONG"): return pong()
        case .status, .integer, .bytes, .null: return unexpected()
        }
    }

    private mutating func take(_ elements: [RedisReply]) -> Action {
        let word = elements.first?.string
        if word == "pong", elements.count == 2 { return pong() }
        guard let word, elements.count == 3, let channel = elements[1].string else { return unexpected() }
        switch word {
        case kind == .plain ? "message" : "smessage":
            guard let payload = elements[2].bytes else { return unexpected() }
            return .message(channel: channel, payload: payload)
        case kind == .plain ? "subscribe" : "ssubscribe":
            guard settle(channel) else { return unexpected() }
            return .subscribed(channel)
        case kind == .plain ? "unsubscribe" : "sunsubscribe":
            return .unsubscribed(channel)
        default:
            return unexpected()
        }
    }

    /// Takes a channel off those that were asked for. The server answers each by itself, in order.
    private mutating func settle(_ channel: String) -> Bool {
        guard unanswered.first?.first == channel else { return false }
        unanswered[0].removeFirst()
        if unanswered[0].isEmpty { unanswered.removeFirst() }
        return true
    }

    private mutating func pong() -> Action {
        guard isPinged else { return unexpected() }
        isPinged = false
        return .proceed
    }

    private mutating func unexpected() -> Action {
        close(.violation(RESPError(.unexpected, "not what a subscribed connection is told")))
    }

    private mutating func close(_ reason: ClosingReason) -> Action {
        state = .closed
        return .close(reason)
    }

    /// Asks for a sign of life where nothing has come for `interval`, and gives up where none comes for `allowance`
    /// after that.
    package mutating func watch(now: MonotonicTime, interval: Duration, allowance: Duration) -> Attention {
        let quietUntil = lastHeard.advanced(by: interval)
        let limit = quietUntil.advanced(by: allowance)
        if limit <= now { return .close(.stalled) }
        if quietUntil > now { return .wait(until: quietUntil) }
        if isPinged { return .wait(until: limit) }
        isPinged = true
        return .ping(until: limit)
    }
}
