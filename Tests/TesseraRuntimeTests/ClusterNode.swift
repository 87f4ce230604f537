import JSON
import Logging
import TesseraCore
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraRuntime

/// One node of a simulated cluster.
struct ClusterNode: Sendable {
    let connection: SimulatedConnection
    let flow: RequestFlow
    let keeper: MirrorKeeper
    let node: Node

    /// - Parameter extraTrust: for how long the node trusts its mirror where the store cannot be asked.
    init(
        _ name: String, of cluster: SimulatedCluster, limits: MirrorLimits = MirrorLimits(),
        missing: Set<KeeperProtection> = [], policy: SessionPolicy = .consumer, skew: Duration = .zero,
        seed: UInt64 = 1, observer: (any ClusterObserver)? = nil
    ) throws {
        let id = try #require(NodeID(name))
        connection = cluster.connect(id)
        let ring = try #require(Secret(World.secret).flatMap { SecretRing([$0]) })
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        flow = RequestFlow(
            tokens: try SessionTokens(ring: ring, format: .standard, freshWindow: policy.freshWindow),
            store: connection, mirror: Mirror(shards: cluster.shards, limits: limits),
            settings: FlowSettings(policy: policy, actorLimit: 100), clock: cluster.clock.wallClock(skew: skew),
            random: .seeded(seed), logger: logger)
        var settings = KeeperSettings(node: id)
        settings.missing = missing
        // One order, so that a seed tells all.
        settings.unionsAtOnce = 1
        let identity = MirrorKeeper.Identity(
            address: "http://\(name)", version: "1", startedAt: cluster.clock.now)
        keeper = MirrorKeeper(bus: connection, settings: settings, identity: identity, flow: flow, observer: observer)
        node = Node(flow: flow, keeper: keeper)
    }

    /// Takes what was published and does what is due, until nothing is left to do.
    func progress(limit: Int = .max) async {
        keeper.tick()
        for _ in 0..<20 {
            await connection.pump(limit: limit) { await keeper.deliver($0) }
            var didSomething = false
            while await keeper.performNext() { didSomething = true }
            if !didSomething { return }
        }
    }

    func signIn(_ name: String) async throws -> MintedToken {
        let request = SignInRequest(
            method: "POST", headers: [:], query: [:], body: ["username": .string(name)], origin: World.firefox)
        let result = try await flow.signIn(with: World.provider, request, previous: nil)
        guard case .signedIn(let session, _) = result else { throw Unexpected() }
        return try #require(session.replacement)
    }

    func authenticate(_ text: String) async throws -> Authentication {
        try await flow.authenticate(text, from: World.firefox)
    }

    func revoke(_ token: MintedToken) async throws {
        _ = try await flow.end(token.token.session, of: token.token.user, reason: .revokedByOperator)
    }

    var isTrusted: Bool { flow.mirror.isTrusted(at: flow.clock.reading()) }
}

extension SimulatedCluster {
    /// Lets time pass, during which these nodes are at work.
    func pass(_ duration: Duration, _ nodes: [ClusterNode]) async {
        var left = duration
        while left > .zero {
            let step = min(left, .milliseconds(125))
            clock.advance(by: step)
            for node in nodes { await node.progress() }
            left -= step
        }
    }

    /// A cluster of nodes that follow.
    static func running(
        _ count: Int = 3, groups: Int = 1, limits: MirrorLimits = MirrorLimits()
    ) async throws -> (cluster: SimulatedCluster, nodes: [ClusterNode]) {
        let shards = try #require(Shards(count: 4))
        let cluster = SimulatedCluster(clock: ManualClock(), shards: shards, groups: groups)
        let nodes = try (0..<count).map {
            try ClusterNode("node-\($0)", of: cluster, limits: limits, seed: UInt64($0 + 1))
        }
        await cluster.pass(.seconds(1), nodes)
        return (cluster, nodes)
    }
}
