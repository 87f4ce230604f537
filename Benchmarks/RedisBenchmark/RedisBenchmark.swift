import Foundation

/// `make bench-redis`: this client beside `redis-benchmark`, on the same server, in the same run.
///
/// `RedisBenchmark` starts a server and compares. `RedisBenchmark --commands N --port P [--tasks T]` sends N commands
/// to a server that is there, and nothing else: what the counting of instructions runs.
@main
struct RedisBenchmark {
    static func main() async throws {
        if let commands = number("--commands"), let port = number("--port") {
            let load = Load(tasks: number("--tasks") ?? 50, batch: number("--batch") ?? 1, commands: commands)
            _ = try await OurClient(port: port, connections: 2).measure(load)
            return
        }
        try await Comparison(commands: number("--rounds-of") ?? 400_000).run()
    }

    private static func number(_ option: String) -> Int? {
        let arguments = CommandLine.arguments
        guard let index = arguments.firstIndex(of: option), index + 1 < arguments.count else { return nil }
        return Int(arguments[index + 1])
    }
}

/// How much is under way at once.
struct Load: Sendable {
    /// Tasks, or connections of `redis-benchmark`: each waits for its answers before it sends again.
    let tasks: Int
    /// How many commands each sends at a time.
    let batch: Int
    /// How many in all.
    let commands: Int
}

/// What one measurement gave.
struct Figures: Sendable {
    let commandsPerSecond: Double
    /// CPU time of the client's process, in microseconds.
    let processorTimePerCommand: Double
    /// In milliseconds.
    let p50: Double
    let p99: Double

    /// The measurement in the middle by its rate.
    static func median(_ rounds: [Figures]) -> Figures {
        rounds.sorted { $0.commandsPerSecond < $1.commandsPerSecond }[rounds.count / 2]
    }
}

struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
