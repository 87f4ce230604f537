internal import RESP
internal import Synchronization

/// Where any task leaves requests for a connection, and the connection's event loop takes them: all that have come
/// since it last looked, so that they go out in one write.
///
/// It also counts what is under way, from the moment when a request is left until its last reply has come, and so
/// bounds everything that waits behind it.
final class Intake: Sendable {
    /// What the event loop takes.
    struct Batch {
        var requests: [Request] = []
        /// Requests that are no longer here and whose callers were cancelled.
        var cancelled: [UInt64] = []
    }

    enum Admission {
        /// Taken. If it wakes, the event loop has to be told that something is there.
        case admitted(wakes: Bool)
        case refused(RedisError)
    }

    private struct State {
        var batch = Batch()
        var isScheduled = false
        var commands = 0
        var bytes = 0
        var closing: RedisError?

        mutating func schedule() -> Bool {
            defer { isScheduled = true }
            return !isScheduled
        }
    }

    private let state = Mutex(State())
    private let lastID = Atomic<UInt64>(0)
    private let commandLimit: Int
    private let byteLimit: Int

    init(commandLimit: Int, byteLimit: Int) {
        self.commandLimit = commandLimit
        self.byteLimit = byteLimit
    }

    func makeID() -> UInt64 {
        lastID.wrappingAdd(1, ordering: .relaxed).newValue
    }

    func add(_ request: Request) -> Admission {
        let (commands, bytes) = (request.replyCount, request.byteCount)
        return state.withLock { state in
            if let error = state.closing { return .refused(error) }
            // Under the lock: who is cancelled later finds the request here.
            if Task.isCancelled { return .refused(.cancelled(written: false)) }
            guard state.commands + commands <= commandLimit, state.bytes + bytes <= byteLimit else {
                return .refused(RedisError(.queueFull, "too many commands are waiting for this connection"))
            }
            state.commands += commands
            state.bytes += bytes
            state.batch.requests.append(request)
            return .admitted(wakes: state.schedule())
        }
    }

    enum Cancellation {
        /// It had not been written; its waiter is to be told.
        case withdrawn(Waiter)
        /// The event loop has it. If it wakes, the loop has to be told.
        case passedOn(wakes: Bool)
    }

    func cancel(_ id: UInt64) -> Cancellation {
        state.withLock { state in
            if let index = state.batch.requests.firstIndex(where: { $0.id == id }) {
                let request = state.batch.requests.remove(at: index)
                state.commands -= request.replyCount
                state.bytes -= request.byteCount
                return .withdrawn(request.waiter)
            }
            guard state.closing == nil else { return .passedOn(wakes: false) }
            state.batch.cancelled.append(id)
            return .passedOn(wakes: state.schedule())
        }
    }

    /// Exchanges `batch`, which is empty, for what is there.
    func take(into batch: inout Batch) {
        state.withLock { state in
            swap(&state.batch, &batch)
            state.isScheduled = false
        }
    }

    /// Makes room: commands that were admitted have been answered.
    func release(commands: Int, bytes: Int) {
        state.withLock { state in
            state.commands -= commands
            state.bytes -= bytes
        }
    }

    /// How many commands are under way.
    var commandCount: Int { state.withLock { $0.commands } }

    /// Refuses from now on; what had not been taken is handed back.
    func close(_ error: RedisError) -> [Request] {
        state.withLock { state in
            state.closing = state.closing ?? error
            defer { state.batch = Batch() }
            return state.batch.requests
        }
    }
}
