internal import Logging
internal import NIOCore
internal import NIOPosix
internal import RESP
internal import Synchronization

/// The connections to one address, kept alive while `run` runs.
///
/// Commands wait, up to their deadline, while the first attempt to connect is under way, at the beginning and after a
/// loss. Once an attempt has failed they fail at once, until one succeeds.
final class ConnectionPool: Sendable {
    /// Which servers are fit for the pool.
    enum Requirement: Sendable, Hashable {
        /// Any that serves commands.
        case none
        /// One that says of itself that it is a primary.
        case primary
    }

    let address: RedisAddress
    private let connector: Connector
    private let requirement: Requirement
    private let telemetry: Telemetry
    private let logger: Logger
    private let state = Mutex(PoolState())
    private let onChange: @Sendable (ServerFacts?) -> Void

    /// `onChange` is called, from any thread, with what a server said that was just connected to, and with `nil` when
    /// the last connection is gone.
    init(
        address: RedisAddress, connector: Connector, requirement: Requirement, telemetry: Telemetry, logger: Logger,
        onChange: @escaping @Sendable (ServerFacts?) -> Void = { _ in }
    ) {
        self.address = address
        self.connector = connector
        self.requirement = requirement
        self.telemetry = telemetry
        self.logger = logger
        self.onChange = onChange
    }

    // MARK: Commands

    /// Sends a command over one of the connections. With `replicationID` only over one to the server that had it.
    func send(
        _ command: RedisCommand, _ timing: Timing, replicationID: String? = nil
    ) async -> Result<RedisReply, RedisError> {
        await withConnection(timing, replicationID) { await $0.send(command, timing) }
    }

    /// Sends commands in one piece over one of the connections.
    func send(
        batch commands: [RedisCommand], _ timing: Timing, replicationID: String? = nil
    ) async -> Result<[RedisReply], RedisError> {
        await withConnection(timing, replicationID) { await $0.send(batch: commands, timing) }
    }

    /// Takes another connection where one was closed before anything was written.
    private func withConnection<Success>(
        _ timing: Timing, _ replicationID: String?, _ send: (Connection) async -> Result<Success, RedisError>
    ) async -> Result<Success, RedisError> {
        while true {
            let connection: Connection
            switch await self.connection(timing) {
            case .success(let found): connection = found
            case .failure(let error): return .failure(error)
            }
            if let refusal = Self.refusal(connection, replicationID) { return .failure(refusal) }
            let result = await send(connection)
            guard case .failure(let error) = result, error.isBeforeWriting else { return result }
            putAside(connection)
        }
    }

    /// Does not give out a connection any more that turned out to be closed. The task that keeps it will learn so, too,
    /// but only if those who were given it again and again left it a thread to run on.
    private func putAside(_ connection: Connection) {
        state.withLock { _ = $0.remove(connection) }
    }

    private static func refusal(_ connection: Connection, _ replicationID: String?) -> RedisError? {
        guard let replicationID, connection.facts.replicationID != replicationID else { return nil }
        return RedisError(.notPrimary, "the server is not the one that was meant")
    }

    /// What the server said of itself, while there is a connection.
    var facts: ServerFacts? { state.withLock { $0.ready.last?.facts } }

    /// How many commands are under way, or wait for a connection.
    var commandCount: Int {
        let (ready, waiting) = state.withLock { ($0.ready, $0.waitingCount) }
        return ready.reduce(waiting) { $0 + $1.commandCount }
    }

    /// A connection, waiting for one where that makes sense.
    func connection(_ timing: Timing) async -> Result<Connection, RedisError> {
        switch state.withLock({ $0.pick() }) {
        case .connection(let connection): .success(connection)
        case .failure(let error): .failure(error)
        case .wait: await waitForConnection(timing)
        }
    }

    private func waitForConnection(_ timing: Timing) async -> Result<Connection, RedisError> {
        let id = state.withLock { $0.makeWaiterID() }
        let timer = connector.eventLoop.scheduleTask(deadline: timing.deadline.nioDeadline) { [self] in
            stopWaiting(id, .timedOut(written: false))
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let limit = connector.configuration.queueLimit
                let outcome = state.withLock { $0.wait(id, continuation, limit: limit) }
                if let outcome { continuation.resume(returning: outcome) }
            }
        } onCancel: {
            stopWaiting(id, .cancelled(written: false))
        }
    }

    private func stopWaiting(_ id: UInt64, _ error: RedisError) {
        state.withLock { $0.stopWaiting(id, error) }?.resume(returning: .failure(error))
    }

    // MARK: Life

    /// Keeps the connections until the task is cancelled or the pool is drained.
    func run() async {
        await withDiscardingTaskGroup { group in
            for _ in 0..<connector.configuration.connectionCount { group.addTask { await self.keepConnection() } }
        }
        close()
    }

    /// Fails everybody who waits, and refuses from now on, with this error.
    func close(_ error: RedisError = .closedClient) {
        let (waiting, connections) = state.withLock { ($0.close(error), $0.ready) }
        for connection in connections { connection.close(error) }
        for continuation in waiting { continuation.resume(returning: .failure(error)) }
    }

    /// Takes no more commands, lets those under way finish, and ends `run`.
    func drain() async {
        let (waiting, connections) = state.withLock { ($0.close(.closedClient), $0.ready) }
        for continuation in waiting { continuation.resume(returning: .failure(.closedClient)) }
        for connection in connections { connection.drain() }
        for connection in connections { await connection.closed() }
    }

    /// Closes all connections, to make them again: the server is not what it was.
    func reset(_ error: RedisError) {
        for connection in state.withLock({ $0.ready }) { connection.close(error) }
    }

    private func keepConnection() async {
        var random = SystemRandomNumberGenerator()
        var failures = 0
        while !Task.isCancelled, !state.withLock({ $0.isClosed }) {
            do {
                let connection = try await connect()
                let start = ContinuousClock.now
                await use(connection)
                // A server that takes connections and drops them is not better than one that refuses them.
                failures = ContinuousClock.now - start < .seconds(1) ? failures + 1 : 0
            } catch {
                failures += 1
                attemptFailed(error)
            }
            let delay = connector.configuration.backoff.delay(after: failures, using: &random)
            // A cancelled sleep ends the loop.
            if delay > .zero { try? await Task.sleep(for: delay) }
        }
    }

    private func connect() async throws(RedisError) -> Connection {
        let connection = try await connector.connect(to: address, handshake: connector.dataHandshake)
        guard requirement == .none || connection.facts.role == .primary else {
            connection.close(.closedClient)
            throw RedisError(.notPrimary, "\(address) is not a primary")
        }
        return connection
    }

    private func use(_ connection: Connection) async {
        guard let waiting = state.withLock({ $0.add(connection) }) else {
            connection.close(.closedClient)
            return await connection.closed()
        }
        for continuation in waiting { continuation.resume(returning: .success(connection)) }
        telemetry.connected()
        logger.debug("redis connection made", metadata: ["redis.address": "\(address)"])
        onChange(connection.facts)
        await connection.closed()
        let isLast = state.withLock { $0.remove(connection) }
        telemetry.disconnected()
        logger.debug("redis connection closed", metadata: ["redis.address": "\(address)"])
        if isLast { onChange(nil) }
    }

    private func attemptFailed(_ error: RedisError) {
        let error = error.code == .connectionLost ? RedisError(.unavailable, error.message) : error
        telemetry.connectFailed(error.code)
        let (waiting, isNews) = state.withLock { $0.attemptFailed(error) }
        if isNews {
            logger.warning(
                "redis server not reached", metadata: ["redis.address": "\(address)", "error": "\(error)"])
        }
        for continuation in waiting { continuation.resume(returning: .failure(error)) }
    }
}
