import ClusterKit
import RedisServers

/// What a session takes in Redis: users with one session each, all of its bookkeeping included.
struct SizeBenchmark {
    private static let sessions = 20_000
    private static let workers = 16

    let cluster: LocalCluster

    func run() async throws {
        guard case .standalone(let server, _) = cluster.redis else { return }
        let client = try cluster.client(Recorder(keeps: false))
        // What is there once, such as the scripts, is no session's.
        _ = try await client.adopt("first", at: cluster.nodes[0])
        let before = try await memory(of: server)
        let begun = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<Self.workers {
                group.addTask {
                    for index in stride(from: worker, to: Self.sessions, by: Self.workers) {
                        _ = try await client.adopt("a-user-of-the-size-\(index)", at: cluster.nodes[index % 3])
                    }
                }
            }
            try await group.waitForAll()
        }
        let rate = Double(Self.sessions) / ((ContinuousClock.now - begun) / .seconds(1))
        let bytes = (try await memory(of: server) - before) / Self.sessions
        report("sessions made a second, over three nodes", "\(Int(rate))")
        report("Redis bytes a session (aim: under 400)", "\(bytes)")
    }

    private func memory(of server: RedisServer) async throws -> Int {
        try await server.information("used_memory_dataset").flatMap { Int($0) } ?? 0
    }
}
