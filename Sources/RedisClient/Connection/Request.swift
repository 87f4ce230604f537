internal import RESP

/// When a command was given to the client, and how long it may take.
struct Timing: Sendable, Hashable {
    let submitted: MonotonicTime
    /// When its caller stops waiting.
    let deadline: MonotonicTime
    /// How long the server may answer nothing at all while this command is the next to be answered.
    let allowance: Duration
}

/// What the caller of a request is told.
enum Answer: Sendable {
    /// The reply to a command.
    case reply(RedisReply)
    /// The replies to a batch, in order.
    case replies([RedisReply])
    /// Why there is none. Apart in memory, so that what is passed on for every command is small.
    indirect case failure(RedisError)
}

/// A command or a batch on its way through a connection, and the caller who waits for the answer.
///
/// An object, because it goes through several queues and is the same in all of them.
final class Request: Sendable {
    enum Content: Sendable {
        case one(RedisCommand)
        case batch([RedisCommand])
    }

    /// Tells it from others of its connection, for cancelling it.
    let id: UInt64
    let content: Content
    let timing: Timing
    /// How many replies the server will give.
    let replyCount: Int
    /// How long it is on the wire.
    let byteCount: Int
    private let caller: CheckedContinuation<Answer, Never>

    init(id: UInt64, content: Content, timing: Timing, caller: CheckedContinuation<Answer, Never>) {
        self.id = id
        self.content = content
        self.timing = timing
        self.caller = caller
        switch content {
        case .one(let command):
            replyCount = 1
            byteCount = command.wire.count
        case .batch(let commands):
            replyCount = commands.count
            byteCount = commands.reduce(0) { $0 + $1.wire.count }
        }
    }

    /// Resumes the caller. Exactly once.
    func answer(_ answer: Answer) {
        caller.resume(returning: answer)
    }
}
