import Logging
import ServiceLifecycle
import TesseraCore

/// One node at work beside its requests: fills the mirror before the first of them, writes marks behind, and drops what
/// has expired. Stopping, it writes the marks that are left.
///
/// For the only node on a store of its own, which learns of every revocation by making it.
package struct Node: Service {
    private let flow: RequestFlow
    private let logger: Logger
    /// How often due marks are written.
    private static let writeInterval = Duration.seconds(1)
    /// How often expired sessions and blocklist entries are swept, in write intervals.
    private static let sweepEvery = 60
    /// The most marks that are written in one step.
    private static let batchSize = 1000

    package init(flow: RequestFlow) {
        self.flow = flow
        self.logger = flow.logger
    }

    /// Reads the blocklist; afterwards, and not before, requests can be answered from memory.
    package func prepare() async throws(StoreError) {
        let doubts = flow.mirror.doubts
        // A write: once it is answered, those before it whose answers were lost have been done, or never will be.
        try await flow.store.ping()
        let revocations = try await flow.store.revocations(at: flow.clock.now())
        flow.mirror.insert(revocations)
        flow.mirror.trust(until: .distantFuture, afterDoubts: doubts)
        logger.info("mirror filled", metadata: ["revocations": "\(revocations.count)"])
    }

    /// Fills the mirror anew where there has been a doubt; until that has come off, the store is asked.
    package func settleDoubts() async {
        guard !flow.mirror.isWhole(at: flow.clock.now()) else { return }
        do {
            try await prepare()
        } catch {
            logger.warning("mirror cannot be trusted", metadata: ["code": "\(error.code.rawValue)"])
        }
    }

    /// Runs until it is cancelled or told to stop gracefully.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var round = 0
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.writeInterval)
                await settleDoubts()
                await writeMarks(all: false)
                round += 1
                if round % Self.sweepEvery == 0 { await sweep() }
            }
        }
        await writeMarks(all: true)
    }

    /// Writes the marks that are due. One that the store does not know ends its session here.
    ///
    /// What cannot be written stays and is tried again.
    package func writeMarks(all: Bool) async {
        let now = flow.clock.now()
        let due = flow.marks.due(at: now, all: all)
        for start in stride(from: 0, to: due.count, by: Self.batchSize) {
            let batch = due[start..<min(start + Self.batchSize, due.count)]
            do {
                let unknown = try await flow.store.mark(Array(batch))
                flow.marks.written(batch, at: now)
                end(unknown, at: now)
            } catch {
                logger.warning(
                    "marks could not be written", metadata: ["code": "\(error.code.rawValue)", "marks": "\(due.count)"])
                return
            }
        }
    }

    private func end(_ unknown: [Mark], at now: Timestamp) {
        let expires = now + flow.settings.policy.freshWindow + SessionPolicy.clockSkew
        flow.mirror.insert(
            unknown.map { Revocation(fact: .session($0.session), expires: expires, reason: .expired) })
        for mark in unknown { flow.marks.forget(mark.session) }
    }

    /// Drops what has expired: in the store, and in the mirror.
    package func sweep() async {
        let now = flow.clock.now()
        flow.mirror.trim(at: now)
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
