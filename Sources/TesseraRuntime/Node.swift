import Logging
import ServiceLifecycle
import TesseraCore

/// One node at work beside its requests: fills the mirror before the first of them, writes marks behind, and drops what
/// has expired. Stopping, it writes the marks that are left.
///
/// The only node of a store learns of every revocation by making it; of several nodes, each has a `MirrorKeeper`.
package struct Node: Service {
    private let flow: RequestFlow
    private let keeper: MirrorKeeper?
    private let logger: Logger
    /// How often due marks are written.
    private static let writeInterval = Duration.seconds(1)
    /// How often watchers get a sign of life, in write intervals.
    private static let watcherBeatEvery = 15
    /// How often expired sessions and blocklist entries are swept, in write intervals.
    private static let sweepEvery = 60
    /// The most marks that are written in one step.
    private static let batchSize = 1000

    /// - Parameter keeper: keeps the mirror, where the node is not the only one of its store.
    package init(flow: RequestFlow, keeper: MirrorKeeper? = nil) {
        self.flow = flow
        self.keeper = keeper
        self.logger = flow.logger
    }

    /// Reads the blocklist; afterwards, and not before, requests can be answered from memory.
    ///
    /// In a cluster there is nothing to prepare: until the node runs, and its keeper vouches for the mirror, the store
    /// is asked.
    package func prepare() async throws(StoreError) {
        guard keeper == nil else { return }
        let doubts = flow.mirror.doubts
        // A write: once it is answered, those before it whose answers were lost have been done, or never will be.
        try await flow.store.ping()
        let revocations = try await flow.store.revocations(at: flow.clock.now())
        flow.mirror.insert(revocations)
        flow.mirror.trustAlways(afterDoubts: doubts)
        logger.info("mirror filled", metadata: ["revocations": "\(revocations.count)"])
    }

    /// Fills the mirror anew where there has been a doubt; until that has come off, the store is asked.
    package func settleDoubts() async {
        guard keeper == nil, !flow.mirror.isWhole(at: flow.clock.reading()) else { return }
        do {
            try await prepare()
        } catch {
            logger.warning("mirror cannot be trusted", metadata: ["code": "\(error.code.rawValue)"])
        }
    }

    /// Runs until it is cancelled or told to stop gracefully.
    package func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: Void.self) { group in
                if let keeper { group.addTask { try await keeper.run() } }
                group.addTask { await self.writeMarksUntilCancelled() }
                try await group.waitForAll()
            }
        }
        flow.watchers.close()
        await writeMarks(all: true)
        await keeper?.leave()
    }

    private func writeMarksUntilCancelled() async {
        var round = 0
        while true {
            try? await Task.sleep(for: Self.writeInterval)
            // What is left is written when all of this has ended: in a cancelled task no store can be asked.
            if Task.isCancelled { return }
            await settleDoubts()
            await writeMarks(all: false)
            round += 1
            if round % Self.watcherBeatEvery == 0 { beatWatchers() }
            if round % Self.sweepEvery == 0 { await sweep() }
        }
    }

    /// Gives a sign of life to those who watch their sessions.
    package func beatWatchers() {
        flow.watchers.endExpired(at: flow.clock.now())
        flow.watchers.beat()
    }

    /// Writes the marks that are due. One that the store does not know ends its session, on all nodes.
    ///
    /// What cannot be written stays and is tried again.
    package func writeMarks(all: Bool) async {
        let now = flow.clock.now()
        let due = flow.marks.due(at: now, all: all)
        for start in stride(from: 0, to: due.count, by: Self.batchSize) {
            let batch = due[start..<min(start + Self.batchSize, due.count)]
            do {
                let unknown = try await flow.store.mark(Array(batch))
                let left = Set(unknown.map(\.session))
                flow.marks.written(batch.filter { !left.contains($0.session) }, at: now)
                for mark in await flow.endUnknown(unknown) { flow.marks.forget(mark.session) }
            } catch {
                if Task.isCancelled, !all { return }
                logger.warning(
                    "marks could not be written", metadata: ["code": "\(error.code.rawValue)", "marks": "\(due.count)"])
                return
            }
        }
    }

    /// Drops what has expired: in the store, and in the mirror.
    package func sweep() async {
        let now = flow.clock.now()
        flow.mirror.trim(at: now)
        await flow.sweepAccounts(at: now)
        do {
            let swept = try await flow.store.sweep(at: now)
            if swept.sessions + swept.revocations > 0 {
                logger.debug(
                    "swept", metadata: ["sessions": "\(swept.sessions)", "revocations": "\(swept.revocations)"])
            }
        } catch {
            logger.warning("sweep failed", metadata: ["code": "\(error.code.rawValue)"])
        }
    }
}
