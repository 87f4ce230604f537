internal import RESP

/// What a pool knows of its connections. No I/O.
struct PoolState: Sendable {
    typealias Waiter = CheckedContinuation<Result<Connection, RedisError>, Never>

    private enum Outlook: Sendable {
        /// An attempt to connect has not ended. Commands wait for it.
        case hopeful
        /// The last attempt failed. Commands fail with its error.
        case down(RedisError)
        /// Stopped, for good. Commands fail with this error.
        case closed(RedisError)
    }

    enum Choice {
        case connection(Connection)
        case wait
        case failure(RedisError)
    }

    /// The connections that take commands.
    private(set) var ready: [Connection] = []
    private var outlook = Outlook.hopeful
    private var next = 0
    private var lastWaiterID: UInt64 = 0
    private var waiting: [UInt64: Waiter] = [:]
    /// Those who are about to wait, and the error where they have been told not to.
    private var expected: [UInt64: RedisError?] = [:]

    var isClosed: Bool {
        switch outlook {
        case .closed: true
        case .hopeful, .down: false
        }
    }

    /// How many wait for a connection.
    var waitingCount: Int { waiting.count }

    /// The connections take turns.
    mutating func pick() -> Choice {
        if case .closed(let error) = outlook { return .failure(error) }
        guard !ready.isEmpty else {
            if case .down(let error) = outlook { return .failure(error) }
            return .wait
        }
        next = next + 1 < ready.count ? next + 1 : 0
        return .connection(ready[next])
    }

    mutating func makeWaiterID() -> UInt64 {
        lastWaiterID += 1
        expected[lastWaiterID] = .some(nil)
        return lastWaiterID
    }

    /// Waits, or says at once how it ended.
    mutating func wait(_ id: UInt64, _ waiter: Waiter, limit: Int) -> Result<Connection, RedisError>? {
        if let error = expected.removeValue(forKey: id) ?? nil { return .failure(error) }
        switch pick() {
        case .connection(let connection): return .success(connection)
        case .failure(let error): return .failure(error)
        case .wait:
            guard waiting.count < limit else {
                return .failure(RedisError(.queueFull, "too many commands are waiting for a connection"))
            }
            waiting[id] = waiter
            return nil
        }
    }

    /// The waiter, where it waits; otherwise it will be told when it begins to.
    mutating func stopWaiting(_ id: UInt64, _ error: RedisError) -> Waiter? {
        if let waiter = waiting.removeValue(forKey: id) { return waiter }
        if expected[id] != nil { expected[id] = error }
        return nil
    }

    /// Whoever waited for it; `nil` where the pool is closed.
    mutating func add(_ connection: Connection) -> [Waiter]? {
        guard !isClosed else { return nil }
        ready.append(connection)
        outlook = .hopeful
        return takeWaiting()
    }

    /// Whether it was the last.
    mutating func remove(_ connection: Connection) -> Bool {
        ready.removeAll { $0 === connection }
        return ready.isEmpty
    }

    /// Whoever waited, where there is no other connection; and whether that is news.
    mutating func attemptFailed(_ error: RedisError) -> (waiting: [Waiter], isNews: Bool) {
        guard ready.isEmpty, !isClosed else { return ([], false) }
        var isNews = true
        if case .down(let known) = outlook { isNews = known.code != error.code }
        outlook = .down(error)
        return (takeWaiting(), isNews)
    }

    /// Whoever waited. The first error is the one that stays.
    mutating func close(_ error: RedisError) -> [Waiter] {
        if !isClosed { outlook = .closed(error) }
        return takeWaiting()
    }

    private mutating func takeWaiting() -> [Waiter] {
        defer { waiting.removeAll() }
        return Array(waiting.values)
    }
}
