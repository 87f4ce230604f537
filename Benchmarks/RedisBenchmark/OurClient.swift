import Logging
import NIOCore
import RESP
import RedisClient

/// The same work as that of `redis-benchmark`, by this client: tasks that each ask and wait, over few connections.
struct OurClient {
    let port: Int
    let connections: Int

    func measure(_ load: Load) async throws -> Figures {
        var configuration = RedisConfiguration(.standalone(.host("127.0.0.1", port: port)))
        configuration.connectionCount = connections
        // Valgrind is slow.
        configuration.commandTimeout = .seconds(60)
        let client = RedisClient(configuration, logger: Logger(label: "benchmark"))
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            defer { group.cancelAll() }
            _ = try await client.execute(RedisCommand("PING"))
            return try await Self.measure(load, client)
        }
    }

    private static func measure(_ load: Load, _ client: RedisClient) async throws -> Figures {
        let processor = ProcessorTime.ofThisProcess
        let start = NIODeadline.now()
        let latencies = try await withThrowingTaskGroup(of: [Int64].self) { group in
            for _ in 0..<load.tasks {
                group.addTask { try await ask(load.commands / load.tasks / load.batch, load.batch, client) }
            }
            return try await group.reduce(into: [Int64]()) { $0 += $1 }
        }
        let seconds = Double((NIODeadline.now() - start).nanoseconds) / 1e9
        let used = ProcessorTime.ofThisProcess - processor
        let sorted = latencies.sorted()
        let commands = Double(sorted.count * load.batch)
        return Figures(
            commandsPerSecond: commands / seconds, processorTimePerCommand: used / commands * 1e6,
            p50: Double(sorted[sorted.count / 2]) / 1e6, p99: Double(sorted[sorted.count * 99 / 100]) / 1e6)
    }

    /// Asks so many times, one after the other; how long each took.
    private static func ask(_ times: Int, _ batch: Int, _ client: RedisClient) async throws -> [Int64] {
        var latencies: [Int64] = []
        latencies.reserveCapacity(times)
        var start = NIODeadline.now()
        for _ in 0..<times {
            // The command is made anew each time, as an application would; redis-benchmark makes it once.
            if batch == 1 {
                _ = try await client.execute(RedisCommand("GET", "key:__rand_int__"))
            } else {
                let commands = (0..<batch).map { _ in RedisCommand("GET", "key:__rand_int__") }
                _ = try await client.execute(batch: commands)
            }
            let end = NIODeadline.now()
            latencies.append((end - start).nanoseconds)
            start = end
        }
        return latencies
    }
}
