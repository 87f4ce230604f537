import ClusterKit
import JSON
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

    /// Has a node know nothing but the present primary, whatever Sentinels say.
    func tieToPrimary(_ number: Int, in scene: Scene) async throws {
        let primary = try await redis.primaries()[0]
        try await process(number).stop()
        process(number).change { $0.environment["TESSERA_STORE"] = primary.url }
        try process(number).start()
        try await scene.waitUntilReady()
    }

    /// Has the Sentinels replace a primary that they do not reach, while nodes that know it still do. Returns when nodes
    /// 1 and 3 have followed to the next one.
    func isolatePrimary(in scene: Scene) async throws {
        guard case .sentinel(let servers) = redis else { throw ClusterError("only with Sentinels") }
        let since = scene.recorder.now
        let next = try await servers.isolatePrimary()
        scene.recorder.note(.storeLost(since: since, until: scene.recorder.now))
        for number in [1, 3] {
            try await eventually("node \(number) follows to \(next.port)") {
                let links = await scene.client.status(of: node(number))?["links"]?.array
                return links?.first?.object?["primary"]?.string == "127.0.0.1:\(next.port)"
            }
        }
        try await scene.waitUntilReady([1, 3])
    }

    private func node(_ number: Int) -> NodeAddress { nodes[number - 1] }
}
