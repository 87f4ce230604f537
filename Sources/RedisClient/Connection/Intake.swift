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

    private struct State {
        var batch = Batch()
        var isScheduled = false
        var closing: RedisError?

        mutating func schedule() -> Bool {
            defer { isScheduled = true }
            return !isScheduled
        }
    }

    private let state = Mutex(State())
    private let lastID = Atomic<UInt64>(0)
    // Raised under the lock only, so that no two find the same last place; lowered by the event loop without it.
    private let commands = Atomic<Int>(0)
    private let bytes = Atomic<Int>(0)
    private let commandLimit: Int
    private let byteLimit: Int

    init(commandLimit: Int, byteLimit: Int) {
        self.commandLimit = commandLimit
        self.byteLimit = byteLimit
    }

    func makeID() -> UInt64 {
        lastID.wrappingAdd(1, ordering: .relaxed).newValue
    }

    enum Admission {
        /// Taken. If it wakes, the event loop has to be told that something is there.
        case admitted(wakes: Bool)
        case refused(RedisError)
    }

    func add(_ request: Request) -> Admission {
        let (commandCount, byteCount) = (request.replyCount, request.byteCount)
        guard commandCount <= commandLimit, byteCount <= byteLimit else {
            // It would never fit: to try again is of no use.
            return .refused(RedisError(.batchTooLarge, "more in one piece than may wait for a connection"))
        }
        return state.withLock { state in
            if let error = state.closing { return .refused(error) }
            // Under the lock: who is cancelled later finds the request here.
            if Task.isCancelled { return .refused(.cancelled(written: false)) }
            guard commands.load(ordering: .relaxed) + commandCount <= commandLimit,
                bytes.load(ordering: .relaxed) + byteCount <= byteLimit
            else { return .refused(RedisError(.queueFull, "too many commands are waiting for this connection")) }
            commands.wrappingAdd(commandCount, ordering: .relaxed)
            bytes.wrappingAdd(byteCount, ordering: .relaxed)
            state.batch.requests.append(request)
            return .admitted(wakes: state.schedule())
        }
    }

    /// Makes room: the request has its last reply, or will not be written. Before its caller is told, who may send
    /// the next at once.
    func release(_ request: Request) {
        commands.wrappingSubtract(request.replyCount, ordering: .relaxed)
        bytes.wrappingSubtract(request.byteCount, ordering: .relaxed)
    }

    /// How many commands are under way.
    var commandCount: Int { commands.load(ordering: .relaxed) }

    enum Cancellation {
        /// It had not been written; its caller is to be told.
        case withdrawn(Request)
        /// The event loop has it. If it wakes, the loop has to be told.
        case passedOn(wakes: Bool)
    }

    func cancel(_ id: UInt64) -> Cancellation {
        state.withLock { state in
            if let index = state.batch.requests.firstIndex(where: { $0.id == id }) {
                return .withdrawn(state.batch.requests.remove(at: index))
            }
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

    /// Refuses from now on; what had not been taken is handed back.
    func close(_ error: RedisError) -> [Request] {
        state.withLock { state in
            state.closing = state.closing ?? error
            // Who is cancelled may wait for the answer to what was written before.
            defer { state.batch.requests = [] }
            return state.batch.requests
        }
    }
}
