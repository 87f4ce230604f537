import ClusterKit
import Synchronization

/// How long revocations take to count on all nodes, while these serve session checks.
struct PropagationBenchmark {
    private static let loadTasks = 6
    private static let batch = 250

    let cluster: LocalCluster
    let count: Int

    /// Times of one revocation.
    private struct Times: Sendable {
        /// From sending it until the last node refused.
        let total: Duration
        /// From its answer until then; zero where every node had refused before.
        let afterAnswer: Duration
    }

    /// What the tasks of the load share.
    private final class Load: Sendable {
        let isOver = Mutex(false)
        let checks = Mutex(0)
    }

    func run() async throws {
        let client = try cluster.client(Recorder(keeps: false))
        let load = Load()
        var times: [Times] = []
        let begun = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<Self.loadTasks {
                let browser = Browser(client, token: try await client.adopt("load-\(index)", at: cluster.nodes[0]))
                group.addTask { [cluster] in
                    var turn = index
                    while !load.isOver.withLock({ $0 }) {
                        await browser.check(at: cluster.nodes[turn % cluster.nodes.count])
                        turn += 1
                        load.checks.withLock { $0 += 1 }
                    }
                }
            }
            while times.count < count { times += try await measure(min(Self.batch, count - times.count), client) }
            load.isOver.withLock { $0 = true }
            try await group.waitForAll()
        }
        let rate = Double(load.checks.withLock { $0 }) / ((ContinuousClock.now - begun) / .seconds(1))
        report("revocations, beside so many checks a second", "\(times.count), \(Int(rate))")
        show("from sending until refused everywhere", times.map(\.total.milliseconds))
        show("from the answer until refused everywhere", times.map(\.afterAnswer.milliseconds))
    }

    private func show(_ what: String, _ times: [Double]) {
        let figures = [times.percentile(0.5), times.percentile(0.99), times.max() ?? .nan]
        let texts = figures.map { "\(($0 * 100).rounded() / 100)" }
        report(what, "p50 \(texts[0]) ms, p99 \(texts[1]) ms, maximum \(texts[2]) ms")
    }

    private func measure(_ count: Int, _ client: ClusterClient) async throws -> [Times] {
        var victims: [String] = []
        for index in 0..<count {
            victims.append(
                try await client.adopt("victim-\(index)-\(UInt64.random(in: 0 ... .max))", at: cluster.nodes[0]))
        }
        var times: [Times] = []
        for (index, token) in victims.enumerated() {
            times.append(try await measure(token, client, from: cluster.nodes[index % cluster.nodes.count]))
        }
        return times
    }

    private func measure(_ token: String, _ client: ClusterClient, from node: NodeAddress) async throws -> Times {
        guard let seen = client.reader.read(token) else { throw BenchmarkError("not a token") }
        for other in cluster.nodes { _ = await client.check(token, at: other) }
        let others = cluster.nodes.filter { $0 != node }
        return await withTaskGroup(of: ContinuousClock.Instant.self) { group in
            let sent = ContinuousClock.now
            for other in others {
                group.addTask {
                    while await client.check(token, at: other).outcome != .refused {}
                    return .now
                }
            }
            await client.revoke(session: seen, at: node)
            let answered = ContinuousClock.now
            let last = await group.reduce(sent) { max($0, $1) }
            return Times(total: last - sent, afterAnswer: max(.zero, last - answered))
        }
    }
}
