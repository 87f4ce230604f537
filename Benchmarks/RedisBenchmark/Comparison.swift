import Foundation

/// Both clients in turns, so that they see the same machine and the same server.
struct Comparison {
    private static let rounds = 3
    private let commands: Int
    private let port = Int.random(in: 20_000..<30_000)

    init(commands: Int) { self.commands = commands }

    func run() async throws {
        let server = try start()
        defer {
            // By a command: a child of a thread that blocks signals blocks them, too.
            _ = try? output(["redis-cli", "-p", "\(port)", "SHUTDOWN", "NOSAVE"])
            server.waitUntilExit()
        }
        print("GET of 3 bytes, loopback, \(commands) commands a round, median of \(Self.rounds) rounds")
        try await compare("50 outstanding", Load(tasks: 50, batch: 1, commands: commands))
        try await compare("50 × 16 outstanding, in batches", Load(tasks: 50, batch: 16, commands: commands * 4))
        try await compare(
            "50 × 16 outstanding, each a task of its own", Load(tasks: 50, batch: 16, commands: commands * 4),
            ours: Load(tasks: 800, batch: 1, commands: commands * 2))
        try await compare("half of 50 outstanding", Load(tasks: 25, batch: 1, commands: commands))
    }

    private func compare(_ title: String, _ load: Load, ours: Load? = nil) async throws {
        var theirFigures: [Figures] = []
        var ourFigures: [Figures] = []
        for _ in 0..<Self.rounds {
            theirFigures.append(try measureRedisBenchmark(load))
            ourFigures.append(try await OurClient(port: port, connections: 2).measure(ours ?? load))
        }
        let (theirs, own) = (Figures.median(theirFigures), Figures.median(ourFigures))
        print("\n\(title)")
        print("                     commands/s   CPU µs/command   p50 ms   p99 ms")
        report("redis-benchmark", theirs)
        report("this client", own)
        print(
            String(
                format: "  ratio            %13.2f %16.2f %8.2f %8.2f",
                own.commandsPerSecond / theirs.commandsPerSecond,
                own.processorTimePerCommand / theirs.processorTimePerCommand, own.p50 / theirs.p50,
                own.p99 / theirs.p99))
        // Seen as soon as it is there, also through a pipe.
        fflush(nil)
    }

    private func report(_ name: String, _ figures: Figures) {
        let padded = name.padding(toLength: 17, withPad: " ", startingAt: 0)
        print(
            "  \(padded)"
                + String(
                    format: "%13.0f %16.2f %8.3f %8.3f", figures.commandsPerSecond, figures.processorTimePerCommand,
                    figures.p50, figures.p99))
    }

    private func start() throws -> Process {
        let server = Process()
        server.executableURL = URL(filePath: "/usr/bin/env")
        server.arguments = ["redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--save", ""]
        server.standardOutput = FileHandle.nullDevice
        server.standardError = FileHandle.nullDevice
        try server.run()
        for _ in 0..<100 {
            if try output(["redis-cli", "-p", "\(port)", "SET", "key:__rand_int__", "xxx"]).hasPrefix("OK") {
                return server
            }
            usleep(50_000)
        }
        kill(server.processIdentifier, SIGKILL)
        throw BenchmarkError("redis-server does not start")
    }

    private func measureRedisBenchmark(_ load: Load) throws -> Figures {
        let processor = ProcessorTime.ofEndedChildren
        let text = try output([
            "redis-benchmark", "-p", "\(port)", "-t", "get", "-c", "\(load.tasks)", "-P", "\(load.batch)", "-n",
            "\(load.commands)", "--csv",
        ])
        let used = ProcessorTime.ofEndedChildren - processor
        // "GET","rps","avg","min","p50","p95","p99","max"
        let fields = text.split(separator: "\n").last.map { $0.split(separator: ",") } ?? []
        let numbers = fields.dropFirst().compactMap { Double($0.filter { $0 != "\"" }) }
        guard numbers.count == 7 else { throw BenchmarkError("redis-benchmark said: \(text)") }
        return Figures(
            commandsPerSecond: numbers[0], processorTimePerCommand: used / Double(load.commands) * 1e6,
            p50: numbers[3], p99: numbers[5])
    }

    private func output(_ arguments: [String]) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
