import GRDB
import Synchronization
import TesseraRuntime

/// Group commit: what callers ask for while a transaction is being made durable goes into the next one together.
///
/// One flush to disk then serves all of a batch. Each operation stands alone in it: one that fails is undone by itself.
/// Operations run in the order in which they came, on the connection's own serial queue.
final class CommitQueue: Sendable {
    private struct State {
        var waiting: [any PendingCall] = []
        var isRunning = false
    }

    private let database: any DatabaseWriter
    private let batchLimit: Int
    private let intake: Intake
    private let state = Mutex(State())

    init(database: any DatabaseWriter, batchLimit: Int, intake: Intake) {
        self.database = database
        self.batchLimit = batchLimit
        self.intake = intake
    }

    /// Takes a call that the intake has let in, and that leaves it from here; it is answered once what it did is durable.
    func submit(_ call: any PendingCall) {
        let starts = state.withLock { state in
            state.waiting.append(call)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if starts { scheduleBatch() }
    }

    private func scheduleBatch() {
        database.asyncWriteWithoutTransaction { [self] database in
            let batch = takeBatch()
            commit(batch, in: database)
            let goesOn = state.withLock { state in
                state.isRunning = !state.waiting.isEmpty
                return state.isRunning
            }
            // Not in a loop: reads of an in-memory database wait for the same connection.
            if goesOn { scheduleBatch() }
            intake.leave(batch.count)
        }
    }

    private func takeBatch() -> [any PendingCall] {
        state.withLock { state in
            let batch = Array(state.waiting.prefix(batchLimit))
            state.waiting.removeFirst(batch.count)
            return batch
        }
    }

    // MARK: On the connection's queue

    private func commit(_ batch: [any PendingCall], in database: Database) {
        var hasBegun = false
        do {
            try database.inTransaction(.immediate) {
                hasBegun = true
                // Who has been told that time is up is not served behind his back.
                for call in batch where !call.isAnswered { try runAlone(call, in: database) }
                return .commit
            }
            for call in batch { call.answer() }
        } catch {
            // A failure that takes the transaction with it (a full disk) may be one operation's own.
            if hasBegun && batch.count > 1 {
                for call in batch where !call.isAnswered { commit([call], in: database) }
            } else {
                let failure = StoreError(sqlite: error)
                for call in batch { call.fail(failure) }
            }
        }
    }

    /// Runs one operation so that its failure undoes no other. Throws only when the whole transaction is lost.
    private func runAlone(_ call: any PendingCall, in database: Database) throws {
        try database.cachedStatement(sql: "SAVEPOINT operation").execute()
        do {
            try call.run(in: database)
        } catch {
            // SQLite undoes the whole transaction by itself after some failures.
            guard database.isInsideTransaction else { throw error }
            try database.cachedStatement(sql: "ROLLBACK TO operation").execute()
        }
        try database.cachedStatement(sql: "RELEASE operation").execute()
    }
}
