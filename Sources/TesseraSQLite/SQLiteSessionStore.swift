import Dispatch
import GRDB
import Synchronization
package import TesseraRuntime

/// Sessions in one SQLite file, or in memory, for one node.
///
/// What it answers is on disk: a write returns after its transaction's flush (WAL, `synchronous=FULL`). Concurrent
/// writes share transactions and flushes (`CommitQueue`); reads have connections of their own. A call that does not
/// fit the queue is refused, one that is not answered in time ends with `store_timeout`; it may still be done then.
/// The cancellation of a task does not shorten a call.
package final class SQLiteSessionStore: SessionStore {
    /// Limits of a store.
    package struct Options: Sendable {
        /// How long a call may take.
        package var timeLimit: Duration = .seconds(5)
        /// How many reads, and how many writes, may wait.
        package var queueLimit = 4096
        /// How many writes share one transaction.
        package var batchLimit = 256
        /// How many reads run at once (of a file).
        package var readers = 4
        /// How many messages the outbox keeps.
        package var messageLimit = 100_000

        package init() {}
    }

    let options: Options
    private let database: any DatabaseWriter
    let reads: Intake
    let writes: Intake
    private let commits: CommitQueue
    let deadlines: Deadlines
    private let lock: Mutex<FileLock?>
    private let closing = DispatchQueue(label: "tessera.sqlite.close")

    init(database: any DatabaseWriter, lock: consuming FileLock?, options: Options) {
        self.options = options
        self.database = database
        self.lock = Mutex(lock)
        reads = Intake(limit: options.queueLimit, name: "reads")
        writes = Intake(limit: options.queueLimit, name: "writes")
        commits = CommitQueue(database: database, batchLimit: options.batchLimit, intake: writes)
        deadlines = Deadlines(limit: options.timeLimit)
    }

    // MARK: Ways in

    /// Runs an operation in a transaction, together with others, and answers once it is durable.
    func write<Value: Sendable>(
        _ operation: @escaping @Sendable (SessionTables) throws -> Value
    ) async throws(StoreError) -> Value {
        try await withCheckedContinuation { caller in
            let call = StoreCall<Value>(caller) { try operation(SessionTables($0)) }
            // First, so that nothing is kept of what is refused.
            if let refusal = writes.enter() { return call.fail(refusal) }
            deadlines.watch(call)
            commits.submit(call)
        }.get()
    }

    /// Runs an operation on one snapshot of the database.
    func read<Value: Sendable>(
        _ operation: @escaping @Sendable (SessionTables) throws -> Value
    ) async throws(StoreError) -> Value {
        try await withCheckedContinuation { caller in
            let call = StoreCall<Value>(caller) { try operation(SessionTables($0)) }
            if let refusal = reads.enter() { return call.fail(refusal) }
            deadlines.watch(call)
            database.asyncRead { [reads] database in
                defer { reads.leave() }
                // Nobody waits for it any more.
                if call.isAnswered { return }
                do {
                    try call.run(in: try database.get())
                    call.answer()
                } catch {
                    call.fail(StoreError(sqlite: error))
                }
            }
        }.get()
    }

    // MARK: Closing

    /// Lets no call in any more, waits for those that are, closes the file and gives it free. Safe to call again.
    ///
    /// Throws `store_timeout` when that takes longer than the store's time limit; the file may still be in use then.
    package func close() async throws(StoreError) {
        try await withCheckedContinuation { caller in
            let call = StoreCall<Void>(caller) { _ in }
            deadlines.watch(call)
            // Both refuse from now on; the file is closed when both are empty.
            writes.close {}
            reads.close { [self] in
                writes.close { [self] in
                    // Not on the queue that the last call just left.
                    closing.async { [self] in
                        finish(call)
                    }
                }
            }
        }.get()
    }

    private func finish(_ call: StoreCall<Void>) {
        do {
            // The readers first: only a connection that may write puts the log into the file and takes it away.
            (database as? DatabasePool)?.releaseMemory()
            try database.close()
            lock.withLock { $0 = nil }
            call.settle(.success(()))
        } catch {
            call.fail(StoreError(sqlite: error))
        }
    }
}
