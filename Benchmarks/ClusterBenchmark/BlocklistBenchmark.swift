import ClusterKit
import Logging
import RedisClient
import RedisServers
import TesseraCore
import TesseraRedis
import TesseraRuntime
import TesseraTokens

/// A node that starts while a million revocations count: when it is ready, and what they take of its memory.
struct BlocklistBenchmark {
    private static let workers = 256

    let entries: Int

    func run() async throws {
        var options = LocalCluster.Options()
        options.nodeCount = 1
        try await LocalCluster.with(options) { cluster in
            guard case .standalone(let server, _) = cluster.redis else { return }
            let process = cluster.processes[0]
            let empty = try await start(process, cluster)
            try await fill(server)
            let full = try await start(process, cluster)
            report("start to ready, with an empty blocklist", "\(Int(empty.time.milliseconds)) ms")
            report(
                "start to ready, with \(entries) entries (aim: 2 s)", "\(Int(full.time.milliseconds)) ms")
            report(
                "node bytes an entry of the blocklist (aim: under 64)", "\((full.memory - empty.memory) / entries)"
            )
        }
    }

    private func start(
        _ process: NodeProcess, _ cluster: LocalCluster
    ) async throws -> (time: Duration, memory: Int) {
        try await process.stop()
        let begun = ContinuousClock.now
        try process.start()
        try await cluster.waitUntilReady()
        let time = ContinuousClock.now - begun
        guard let id = process.processID else { throw BenchmarkError("no process") }
        return (time, try ProcessFigures.memory(of: id))
    }

    private func fill(_ server: RedisServer) async throws {
        guard let shards = Shards(count: 64), let keys = Keyspace(prefix: "tessera", shards: shards) else { return }
        let logger = Logger(label: "benchmark")
        let client = RedisClient(try RedisConfiguration(url: server.url), logger: logger)
        let store = RedisSessionStore(client: client, keys: keys, node: NodeID(random: .system), clock: .system)
        let expires = WallClock.system.now() + .hours(2)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            try await withThrowingTaskGroup(of: Void.self) { writers in
                for worker in 0..<Self.workers {
                    writers.addTask {
                        for _ in stride(from: worker, to: entries, by: Self.workers) {
                            let session = SessionID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))
                            try await store.block(
                                Revocation(fact: .session(session), expires: expires, reason: .signedOut))
                        }
                    }
                }
                try await writers.waitForAll()
            }
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
    }
}
