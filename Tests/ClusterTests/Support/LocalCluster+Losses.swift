import ClusterKit
import RedisServers

/// Ways to have a Redis lose what it has acknowledged, without emptying it.
extension LocalCluster {
    /// Restarts the Redis from a file of the moment before `body`, and notes what is lost.
    func loseWrites(of scene: Scene, _ body: () async throws -> Void) async throws {
        guard case .standalone(let server, _) = redis else { throw ClusterError("only for one server") }
        let since = scene.recorder.now
        try await server.command("SAVE")
        try await body()
        try await server.kill()
        scene.recorder.note(.storeLost(since: since, until: scene.recorder.now))
        try await server.restart()
    }

    /// Starts a node on a Redis that lost what happened in `body`, where only the others know it; and those hang. They
    /// have to be resumed.
    func startAlone(_ number: Int, in scene: Scene, _ body: () async throws -> Void) async throws {
        try await cause(.killNode, node: number)
        try await loseWrites(of: scene) {
            try await body()
            for process in processes where process.address.number != number { process.pause() }
        }
        try await cause(.startNode, node: number)
        let client = scene.client
        try await eventually("node \(number) answers") { await client.answers(node(number)) }
    }

    private func node(_ number: Int) -> NodeAddress { nodes[number - 1] }
}
