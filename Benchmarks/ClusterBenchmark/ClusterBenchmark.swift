import ClusterKit
import Foundation

/// `make bench-cluster`: three nodes and one Redis on one machine. The arguments are the number of revocations, and that of
/// the blocklist's entries at a node's start.
@main
struct ClusterBenchmark {
    static func main() async throws {
        let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        let revocations = numbers.first ?? 10_000
        try await LocalCluster.with { cluster in
            try await IdleBenchmark(cluster: cluster).run()
            try await PropagationBenchmark(cluster: cluster, count: revocations).run()
            try await CheckBenchmark(cluster: cluster).run()
        }
        try await LocalCluster.with { cluster in
            try await SizeBenchmark(cluster: cluster).run()
            try await RotationBenchmark(cluster: cluster).run()
        }
        try await BlocklistBenchmark(entries: numbers.dropFirst().first ?? 1_000_000).run()
    }
}

/// A figure in the report, seen at once.
func report(_ what: String, _ figure: String) {
    print(what.padding(toLength: 58, withPad: " ", startingAt: 0) + figure)
    fflush(nil)
}

extension Duration {
    var milliseconds: Double { self / .milliseconds(1) }
}

extension [Double] {
    /// The value that this share of all does not exceed.
    func percentile(_ share: Double) -> Double {
        let sorted = sorted()
        guard let last = sorted.indices.last else { return .nan }
        return sorted[Swift.min(last, Int((Double(sorted.count) * share).rounded(.down)))]
    }
}

struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
