import ClusterKit
import Foundation
import RedisServers

/// What a node takes of a processor that nobody asks anything.
struct IdleBenchmark {
    private static let time = Duration.seconds(10)

    let cluster: LocalCluster

    func run() async throws {
        guard let process = cluster.processes[0].processID else { throw BenchmarkError("no process") }
        try await pause(.seconds(3))
        let (before, begun) = (try ProcessFigures.processorTime(of: process), ContinuousClock.now)
        try await pause(Self.time)
        let used = try ProcessFigures.processorTime(of: process) - before
        let share = used / (ContinuousClock.now - begun) * 100
        report("an idle node, of one core (aim: under 1 %)", "\((share * 100).rounded() / 100) %")
    }

    private func pause(_ time: Duration) async throws { try await Task.sleep(for: time) }
}

/// What the system knows of a process. Linux only.
enum ProcessFigures {
    /// User and system time.
    static func processorTime(of process: Int32) throws -> Duration {
        let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        // The second field, the name, may have blanks in it.
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        let ticks = (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
        return .milliseconds(ticks * 1000 / sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Resident memory in bytes.
    static func memory(of process: Int32) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return (line.split(separator: " ").compactMap { Int($0) }.first ?? 0) * 1024
    }
}
