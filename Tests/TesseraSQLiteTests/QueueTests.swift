import Dispatch
import Foundation
import GRDB
import Synchronization
import TesseraCore
import TesseraRuntime
import TesseraTestKit
import Testing

@testable import TesseraSQLite

@Suite("Writes share transactions, and nothing else", .timeLimit(.minutes(2)))
struct QueueTests {
    /// Keeps the connection busy until it is opened.
    private final class Blockade: Sendable {
        private let semaphore = DispatchSemaphore(value: 0)
        private let isClosed = Mutex(false)

        func wait() {
            isClosed.withLock { $0 = true }
            semaphore.wait()
        }

        func open() { semaphore.signal() }

        /// Returns once the connection is busy.
        func waitUntilClosed() async {
            while !isClosed.withLock({ $0 }) { await Task.yield() }
        }
    }

    /// Counts the transactions of a connection that changed something.
    private final class CommitCounter: TransactionObserver, Sendable {
        private let state = Mutex((commits: 0, hasChanges: false))

        var count: Int { state.withLock { $0.commits } }

        func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
        func databaseDidChange(with event: DatabaseEvent) { state.withLock { $0.hasChanges = true } }
        func databaseDidRollback(_ database: Database) { state.withLock { $0.hasChanges = false } }
        func databaseDidCommit(_ database: Database) {
            state.withLock { state in
                if state.hasChanges { state.commits += 1 }
                state.hasChanges = false
            }
        }
    }

    /// Waits until so many writes are waiting or running.
    private func waitForWrites(_ count: Int, _ store: SQLiteSessionStore) async {
        while store.writes.count < count { await Task.yield() }
    }

    /// Claims that need more pages than there are.
    private static let huge = [UInt8](repeating: 7, count: 100_000)

    private func makeSession(_ number: Int, claims: [UInt8]? = nil) -> SessionRecord {
        let start = Timestamp(seconds: 1_800_000_000)
        return SessionRecord(
            id: SessionID(high: 1, low: UInt64(number)), generation: .first, rotatedAt: start, createdAt: start,
            authenticatedAt: start, idleTimeout: .hours(1), absoluteLimit: start + .hours(2), userEpoch: .initial,
            deploymentEpoch: .initial, device: .unknown, adoptedUntil: nil, claims: claims,
            lastUse: SessionRecord.Use(at: start, generation: .adopted))
    }

    private func creation(_ session: SessionRecord, of user: UserID) -> UserChange {
        UserChange(
            user: user, expectedEpoch: .initial, expectedDeploymentEpoch: .initial, edits: [.create(session)])
    }

    @Test("In one transaction, a failing or stale operation undoes itself alone")
    func isolation() async throws {
        try await Place.with { place in
            try await place.withStore { store in
                let user = try #require(UserID("ann"))
                let taken = makeSession(0)
                _ = try await store.commit(creation(taken, of: user))
                let counter = CommitCounter()
                try await store.write { $0.database.add(transactionObserver: counter, extent: .databaseLifetime) }
                let before = counter.count
                let blockade = Blockade()
                try await withThrowingTaskGroup { group in
                    group.addTask { try await store.write { _ in blockade.wait() } }
                    await blockade.waitUntilClosed()
                    for number in 1...40 {
                        let session = makeSession(number)
                        switch number % 4 {
                        case 0:
                            // Writes, then fails.
                            group.addTask {
                                let error = await #expect(throws: StoreError.self) {
                                    try await store.write { tables in
                                        try tables.insert(session, of: user)
                                        try tables.insert(taken, of: user)
                                    }
                                }
                                #expect(error?.code == .unavailable)
                            }
                        case 1:
                            group.addTask {
                                let outcome = try await store.commit(creation(taken, of: user))
                                #expect(outcome == .stale)
                            }
                        default:
                            group.addTask {
                                let outcome = try await store.commit(creation(session, of: user))
                                #expect(outcome == .committed(.primary))
                            }
                        }
                    }
                    await waitForWrites(41, store)
                    blockade.open()
                    try await group.waitForAll()
                }
                let expected = [0] + (1...40).filter { $0 % 4 > 1 }
                #expect(Set(try await store.load(user).sessions) == Set(expected.map { makeSession($0) }))
                #expect(counter.count - before == 1)
            }
        }
    }

    @Test("A batch is bounded")
    func batchLimit() async throws {
        try await Place.with { place in
            var options = SQLiteSessionStore.Options()
            options.batchLimit = 10
            try await place.withStore(options: options) { store in
                let counter = CommitCounter()
                try await store.write { $0.database.add(transactionObserver: counter, extent: .databaseLifetime) }
                let before = counter.count
                let blockade = Blockade()
                try await withThrowingTaskGroup { group in
                    group.addTask { try await store.write { _ in blockade.wait() } }
                    await blockade.waitUntilClosed()
                    for _ in 0..<30 { group.addTask { try await store.ping() } }
                    await waitForWrites(31, store)
                    blockade.open()
                    try await group.waitForAll()
                }
                #expect(counter.count - before == 3)
            }
        }
    }

    @Test("When the disk is full, what does not fit fails, and what fits is written")
    func fullDisk() async throws {
        try await Place.with { place in
            try await place.withStore { store in
                let user = try #require(UserID("ann"))
                let pages = try #require(Int(try await store.pragma("page_count") ?? ""))
                #expect(try await store.pragma("max_page_count = \(pages + 4)") == "\(pages + 4)")
                let blockade = Blockade()
                try await withThrowingTaskGroup { group in
                    group.addTask { try await store.write { _ in blockade.wait() } }
                    await blockade.waitUntilClosed()
                    for number in 1...12 {
                        let isHuge = number % 3 == 0
                        let session = makeSession(number, claims: isHuge ? Self.huge : nil)
                        group.addTask {
                            guard isHuge else {
                                let outcome = try await store.commit(creation(session, of: user))
                                #expect(outcome == .committed(.primary))
                                return
                            }
                            let error = await #expect(throws: StoreError.self) {
                                try await store.commit(creation(session, of: user))
                            }
                            #expect(error?.code == .unavailable)
                            #expect(error?.message.contains("disk is full") == true)
                        }
                    }
                    await waitForWrites(13, store)
                    blockade.open()
                    try await group.waitForAll()
                }
                #expect(try await store.load(user).sessions.count == 8)
                #expect(try await store.pragma("max_page_count = 1000000") == "1000000")
                let session = makeSession(3, claims: Self.huge)
                #expect(try await store.commit(creation(session, of: user)) == .committed(.primary))
            }
        }
    }

    @Test("Too many waiting writes are refused in words, and the others are served")
    func queueLimit() async throws {
        try await Place.with { place in
            var options = SQLiteSessionStore.Options()
            options.queueLimit = 3
            try await place.withStore(options: options) { store in
                let blockade = Blockade()
                try await withThrowingTaskGroup { group in
                    group.addTask { try await store.write { _ in blockade.wait() } }
                    await blockade.waitUntilClosed()
                    for _ in 0..<2 { group.addTask { try await store.ping() } }
                    await waitForWrites(3, store)
                    let error = await #expect(throws: StoreError.self) { try await store.ping() }
                    #expect(error?.code == .unavailable)
                    #expect(error?.message == "the session store has 3 writes waiting already")
                    for _ in 0..<100 { _ = try? await store.ping() }
                    #expect(store.deadlines.count == 3, "what was refused is not waited for")
                    blockade.open()
                    try await group.waitForAll()
                }
                try await store.ping()
            }
        }
    }

    @Test("A write that is not answered in time fails; one that had not begun is not done later")
    func timeLimit() async throws {
        try await Place.with { place in
            let user = try #require(UserID("ann"))
            try await place.withImpatientStore { store in
                let blockade = Blockade()
                await withTaskGroup { group in
                    group.addTask {
                        let error = await #expect(throws: StoreError.self) {
                            try await store.write { _ in blockade.wait() }
                        }
                        #expect(error?.code == .timeout)
                    }
                    await blockade.waitUntilClosed()
                    group.addTask {
                        let error = await #expect(throws: StoreError.self) {
                            try await store.commit(creation(makeSession(1), of: user))
                        }
                        #expect(error?.code == .timeout)
                        #expect(error?.message == "the session store did not answer within 0.1 seconds")
                    }
                    await group.waitForAll()
                }
                blockade.open()
            }
            try await place.withStore { store in
                let record = try await store.load(user)
                #expect(record.sessions.isEmpty)
                let outcome = try await store.commit(creation(makeSession(1), of: user))
                #expect(outcome == .committed(.primary))
            }
        }
    }

    @Test("Reads do not wait for writes")
    func readsBesideWrites() async throws {
        try await Place.with { place in
            try await place.withStore { store in
                let user = try #require(UserID("ann"))
                _ = try await store.commit(creation(makeSession(1), of: user))
                let blockade = Blockade()
                try await withThrowingTaskGroup { group in
                    group.addTask {
                        try await store.write { tables in
                            try tables.insert(makeSession(2), of: user)
                            blockade.wait()
                        }
                    }
                    await blockade.waitUntilClosed()
                    let record = try await store.load(user)
                    #expect(record.sessions == [makeSession(1)])
                    blockade.open()
                    try await group.waitForAll()
                }
                #expect(try await store.load(user).sessions.count == 2)
            }
        }
    }

    @Test("A lock that another program holds on the file delays a write, and ends it in time")
    func foreignLock() async throws {
        try await Place.with { place in
            try await place.withImpatientStore { store in
                var configuration = Configuration()
                configuration.allowsUnsafeTransactions = true
                let other = try DatabaseQueue(path: place.path, configuration: configuration)
                try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
                let error = await #expect(throws: StoreError.self) { try await store.ping() }
                #expect(error?.code == .timeout)
                try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
                try other.close()
            }
            try await place.withStore { try await $0.ping() }
        }
    }

    @Test("A cancelled caller gets the answer of what was done all the same")
    func cancellation() async throws {
        try await Place.with { place in
            try await place.withStore { store in
                let user = try #require(UserID("ann"))
                let blockade = Blockade()
                try await withThrowingTaskGroup(of: CommitOutcome?.self) { group in
                    group.addTask {
                        try await store.write { _ in blockade.wait() }
                        return nil
                    }
                    await blockade.waitUntilClosed()
                    group.addTask { try await store.commit(creation(makeSession(1), of: user)) }
                    await waitForWrites(2, store)
                    group.cancelAll()
                    blockade.open()
                    let outcomes = try await group.reduce(into: []) { $0.append($1) }.compactMap { $0 }
                    #expect(outcomes == [.committed(.primary)])
                }
                #expect(try await store.load(user).sessions == [makeSession(1)])
            }
        }
    }

    @Test("Closing waits for the calls that are in, and refuses the others")
    func closing() async throws {
        try await Place.with { place in
            let user = try #require(UserID("ann"))
            let store = try await SQLiteSessionStore.open(place.path)
            let blockade = Blockade()
            try await withThrowingTaskGroup { group in
                group.addTask { try await store.write { _ in blockade.wait() } }
                await blockade.waitUntilClosed()
                group.addTask {
                    let outcome = try await store.commit(creation(makeSession(1), of: user))
                    #expect(outcome == .committed(.primary))
                }
                await waitForWrites(2, store)
                for _ in 0..<2 { group.addTask { try await store.close() } }
                while (try? await store.load(user)) != nil {}
                let error = await #expect(throws: StoreError.self) { try await store.ping() }
                #expect(error?.code == .closed)
                blockade.open()
                try await group.waitForAll()
            }
            await #expect(throws: StoreError.self) { try await store.load(user) }
            try await store.close()
            try await place.withStore { store in
                let record = try await store.load(user)
                #expect(record.sessions == [makeSession(1)])
            }
        }
    }
}
