package import Logging
package import Metrics
package import NIOCore
internal import NIOPosix
internal import RESP
internal import ServiceLifecycle
package import Tracing

/// A client of Redis: one server, a primary found by Sentinels, or a cluster, as its configuration says.
///
/// `run` keeps the connections. What is asked for before it runs waits for it, to its deadline; once it has ended
/// everything fails with `redis_closed`. Everything else may be called from any task. What is promised in each failure
/// is in `Docs/RedisClient.md`.
package final class RedisClient: Service, Sendable {
    package let configuration: RedisConfiguration
    let connector: Connector
    let topology: any RedisTopology
    let telemetry: Telemetry
    let subscriptions = SubscriptionRegistry()
    let logger: Logger
    let spans: Spans?

    /// A client that does nothing yet. Its connections share the event loops of `eventLoopGroup`. Without `metrics` and
    /// `tracer` those of the process are used.
    package init(
        _ configuration: RedisConfiguration,
        eventLoopGroup: any EventLoopGroup = .singletonMultiThreadedEventLoopGroup, logger: Logger,
        metrics: (any MetricsFactory)? = nil, tracer: (any Tracer)? = nil
    ) {
        self.configuration = configuration
        self.logger = logger
        spans = Spans(tracer)
        telemetry = Telemetry(metrics ?? MetricsSystem.factory)
        connector = Connector(configuration: configuration, group: eventLoopGroup)
        topology = Self.topology(connector, eventLoopGroup, telemetry, logger)
    }

    private static func topology(
        _ connector: Connector, _ group: any EventLoopGroup, _ telemetry: Telemetry, _ logger: Logger
    ) -> any RedisTopology {
        switch connector.configuration.deployment {
        case .standalone(let address):
            StandaloneTopology(address: address, connector: connector, telemetry: telemetry, logger: logger)
        case .sentinel(let sentinels, let name):
            SentinelTopology(
                sentinels: sentinels, primaryName: name, connector: connector,
                sentinelConnector: Connector(configuration: connector.configuration.forSentinels, group: group),
                telemetry: telemetry, logger: logger)
        case .cluster(let seeds):
            ClusterTopology(seeds: seeds, connector: connector, telemetry: telemetry, logger: logger)
        }
    }

    /// Connects, and connects again whenever a connection is lost. On graceful shutdown it lets the commands under way
    /// finish, within `drainTimeout`; a cancelled task closes at once. Run it once.
    package func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.topology.run() }
            if telemetry.isMeasuring { group.addTask { await self.sampleQueue() } }
            group.addTask {
                // Throws where the task is cancelled, and then there is nothing to wait for.
                guard (try? await gracefulShutdown()) != nil else { return }
                await self.drain()
            }
            await group.next()
            group.cancelAll()
        }
        topology.close()
        subscriptions.end(.closedClient)
    }

    private func drain() async {
        let limit = configuration.drainTimeout
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.topology.drain() }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    private func sampleQueue() async {
        while !Task.isCancelled {
            telemetry.waiting(topology.commandCount)
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// The primaries as they are known now. One server and Sentinel have one; a cluster has several, with their slots.
    package func primaries(timeout: Duration? = nil) async throws(RedisError) -> [RedisPrimary] {
        try await topology.primaries(timing(timeout))
    }

    /// The primary of a key.
    package func primary(for key: RedisKey, timeout: Duration? = nil) async throws(RedisError) -> RedisPrimary {
        try await topology.primary(for: key, timing(timeout))
    }

    /// All primaries, now and whenever that changes. A slow listener misses states in between, never the newest. Ends
    /// with the client.
    package var topologyChanges: AsyncStream<[RedisPrimary]> { topology.changes.stream() }

    func timing(_ timeout: Duration?) -> Timing {
        let now = MonotonicTime.now()
        guard let timeout else {
            return Timing(
                submitted: now, deadline: now.advanced(by: configuration.commandTimeout),
                allowance: configuration.commandTimeout)
        }
        return Timing(
            submitted: now, deadline: now.advanced(by: timeout), allowance: max(timeout, configuration.commandTimeout))
    }
}
