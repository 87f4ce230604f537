import ClusterKit
import Foundation
import RedisServers

/// Session checks a second through one node of a cluster, against a node with a store of its own: both answer from
/// memory.
struct CheckBenchmark {
    private static let seconds = 5

    let cluster: LocalCluster

    func run() async throws {
        var settings = NodeProcess.Settings()
        settings.environment = [
            "TESSERA_STORE": "memory", "TESSERA_SECRETS": cluster.secrets.joined(separator: ","),
            "TESSERA_OPERATOR_KEY": cluster.operatorKey,
        ]
        let alone = try NodeProcess(number: 4, settings: settings)
        try alone.start()
        let client = try cluster.client(Recorder(keeps: false))
        try await eventually("the node alone is ready") { await client.isReady(alone.address) }
        let tokens = (
            try await client.adopt("checks", at: alone.address), try await client.adopt("checks", at: cluster.nodes[0])
        )
        var rates: (alone: [Double], shared: [Double]) = ([], [])
        // A round each to warm up, then in turns, so that both see the same machine.
        for round in 0..<4 {
            let one = try await rate(alone.address, tokens.0)
            let other = try await rate(cluster.nodes[0], tokens.1)
            if round > 0 {
                rates.alone.append(one)
                rates.shared.append(other)
            }
        }
        try await alone.kill()
        let (one, other) = (rates.alone.percentile(0.5), rates.shared.percentile(0.5))
        report("session checks a second, a node alone", "\(Int(one))")
        report(
            "session checks a second, a node of three", "\(Int(other)), ratio \((other / one * 100).rounded() / 100)")
    }

    private func rate(_ node: NodeAddress, _ token: String) async throws -> Double {
        let output = try await ChildProcess.run(
            [
                "wrk", "-t1", "-c64", "-d\(Self.seconds)s", "-H", "Cookie: next-auth.session-token=\(token)",
                node.url + "/api/auth/session",
            ], within: .seconds(60))
        guard !output.contains("Non-2xx"),
            let line = output.split(separator: "\n").first(where: { $0.hasPrefix("Requests/sec") }),
            let rate = line.split(separator: " ").compactMap({ Double($0) }).first
        else { throw BenchmarkError("wrk: \(output)") }
        return rate
    }
}
