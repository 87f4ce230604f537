import Foundation
import NIOCore
import NIOPosix

/// `make bench-redis`: this client beside `redis-benchmark`, on the same server, in the same run.
///
/// `RedisBenchmark` starts a server and compares. `RedisBenchmark --commands N --port P [--tasks T] [--batch B]` sends
/// N commands to a server that is there, and nothing else: what the counting of instructions runs. With
/// `--on-event-loops` tasks run on the event loops: valgrind does not get along with the usual executor's threads.
@main
struct RedisBenchmark {
    static func main() throws {
        if let commands = number("--commands"), let port = number("--port") {
            if CommandLine.arguments.contains("--on-event-loops") {
                NIOSingletons.unsafeTryInstallSingletonPosixEventLoopGroupAsConcurrencyGlobalExecutor()
            }
            let load = Load(tasks: number("--tasks") ?? 50, batch: number("--batch") ?? 1, commands: commands)
            try run {
                let figures = try await OurClient(port: port, connections: 2).measure(load)
                print("commands/s \(Int(figures.commandsPerSecond)), p99 \(figures.p99) ms")
            }
        } else {
            let commands = number("--rounds-of") ?? 400_000
            try run { try await Comparison(commands: commands).run() }
        }
    }

    private static func run(_ body: @escaping @Sendable () async throws -> Void) throws {
        try MultiThreadedEventLoopGroup.singleton.next().makeFutureWithTask(body).wait()
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
