internal import RESP

/// When a command was given to the client, and how long it may take.
struct Timing: Sendable, Hashable {
    let submitted: MonotonicTime
    /// When its caller stops waiting.
    let deadline: MonotonicTime
    /// How long the server may answer nothing at all while this command is the next to be answered.
    let allowance: Duration
}

/// What goes to a connection in one piece: a command or a batch, and who waits for the answer.
struct Request: Sendable {
    enum Content: Sendable {
        case one(RedisCommand)
        case batch([RedisCommand])
    }

    /// Tells it from others of its connection, for cancelling it.
    let id: UInt64
    let content: Content
    let timing: Timing
    var waiter: Waiter

    /// How many replies the server will give.
    var replyCount: Int {
        switch content {
        case .one: 1
        case .batch(let commands): commands.count
        }
    }

    /// How long it is on the wire.
    var byteCount: Int {
        switch content {
        case .one(let command): command.wire.count
        case .batch(let commands): commands.reduce(0) { $0 + $1.wire.count }
        }
    }
}

/// Who waits for the answer. Each is resumed exactly once.
enum Waiter: Sendable {
    typealias One = CheckedContinuation<Result<RedisReply, RedisError>, Never>
    typealias Batch = CheckedContinuation<Result<[RedisReply], RedisError>, Never>

    case one(One)
    /// The replies are those that have come.
    case batch(Batch, [RedisReply])

    /// Takes a reply; with the last it gives what there is to resume.
    mutating func take(_ reply: RedisReply, isLast: Bool) -> Resumption? {
        switch self {
        case .one(let continuation):
            return .one(continuation, reply)
        case .batch(let continuation, var replies):
            // Let go of the array in `self`, so that appending does not copy it.
            self = .batch(continuation, [])
            replies.append(reply)
            if isLast { return .batch(continuation, replies) }
            self = .batch(continuation, replies)
            return nil
        }
    }

    func fail(_ error: RedisError) {
        switch self {
        case .one(let continuation): continuation.resume(returning: .failure(error))
        case .batch(let continuation, _): continuation.resume(returning: .failure(error))
        }
    }
}

/// A caller and the answer that it is to get.
enum Resumption: Sendable {
    case one(Waiter.One, RedisReply)
    case batch(Waiter.Batch, [RedisReply])

    func perform() {
        switch self {
        case .one(let continuation, let reply): continuation.resume(returning: .success(reply))
        case .batch(let continuation, let replies): continuation.resume(returning: .success(replies))
        }
    }
}
