import CoreMetrics
public import Hummingbird
@_exported public import JSON
public import Logging
public import ServiceLifecycle
@_exported public import TesseraCore
@_exported public import TesseraHTTP
@_exported public import TesseraMail
@_exported public import TesseraPages
@_exported public import TesseraProviders
@_exported public import TesseraRuntime
@_exported public import TesseraTokens
@_exported public import TesseraWebhooks

/// Sign-in and sessions for a Hummingbird application.
///
/// ```swift
/// let tessera = try await Tessera.open(configuration)
/// let router = Router(context: SessionContext.self)
/// tessera.addRoutes(to: router)
/// router.group().add(middleware: tessera.requireSession()).get("me") { _, context in context.session?.name ?? "?" }
/// var app = Application(router: router)
/// app.addServices(tessera)
/// try await app.runService()
/// ```
///
/// It is a `Service`: running, it writes keep-alive marks behind and sweeps out what has expired; stopping, it writes
/// the marks that are left and closes the store. Requests may be answered before it runs; over Redis they are answered
/// with 503 until then.
public struct Tessera: Service, CustomStringConvertible {
    package let flow: RequestFlow
    package let api: AuthAPI
    /// What connects this node with others; `nil` for the only node of a store.
    package let keeper: MirrorKeeper?
    private let node: Node
    private let opened: OpenedStore
    private let webhooks: Webhooks?
    private let logger: Logger

    /// Its name alone: a program's services are named in its logs by what they print, and this one holds secrets.
    public var description: String { "Tessera" }

    /// Checks the configuration, opens the store, and reads the blocklist, after which requests can be answered.
    ///
    /// - Throws: `ConfigurationError` with everything that is wrong with the configuration, or an error that says why
    ///   the store cannot be opened.
    public static func open(
        _ configuration: TesseraConfiguration, logger: Logger = Logger(label: "tessera")
    ) async throws -> Tessera {
        let checked = try configuration.checked()
        for warning in configuration.warnings {
            logger.warning("check the configuration", metadata: ["warning": "\(warning)"])
        }
        let opened = try await configuration.openStore(logger: logger)
        do {
            return try await open(configuration, checked, over: opened, logger: logger)
        } catch {
            try? await opened.close()
            throw error
        }
    }

    /// The same over a store that is open already, and that its owner closes; `configuration.store` does not count.
    ///
    /// - Parameter cluster: what connects the nodes of the store, where there are several.
    package static func open(
        _ configuration: TesseraConfiguration, over store: any SessionStore, cluster: OpenedStore.Cluster? = nil,
        logger: Logger = Logger(label: "tessera")
    ) async throws -> Tessera {
        let shards = cluster?.bus.shards ?? .single
        return try await open(
            configuration, over: OpenedStore(store: store, shards: shards, cluster: cluster), logger: logger)
    }

    /// The same, with what else is open already.
    package static func open(
        _ configuration: TesseraConfiguration, over opened: OpenedStore, logger: Logger = Logger(label: "tessera")
    ) async throws -> Tessera {
        try await open(configuration, configuration.checked(), over: opened, logger: logger)
    }

    private static func open(
        _ configuration: TesseraConfiguration, _ checked: TesseraConfiguration.Checked, over opened: OpenedStore,
        logger: Logger
    ) async throws -> Tessera {
        let tessera = try Tessera(configuration, checked, opened, logger)
        try await tessera.node.prepare()
        return tessera
    }

    private init(
        _ configuration: TesseraConfiguration, _ checked: TesseraConfiguration.Checked, _ opened: OpenedStore,
        _ logger: Logger
    ) throws {
        self.opened = opened
        self.logger = logger
        let (configuration, webhooks) = try configuration.withWebhooks(opened.outbox, logger: logger)
        self.webhooks = webhooks
        let factory = configuration.metrics ?? MetricsSystem.factory
        let limits = configuration.cluster.limits
        let flow = RequestFlow(
            tokens: checked.tokens, store: opened.store,
            mirror: Mirror(
                shards: opened.shards, limits: limits,
                watchers: SessionWatchers(limit: configuration.eventStreamLimit)),
            settings: configuration.flowSettings(checked, opened, lasting: webhooks?.lasting),
            clock: configuration.clock,
            random: configuration.random, logger: logger, telemetry: Telemetry(factory: factory))
        opened.cluster?.accepted.go(to: flow.mirror)
        self.flow = flow
        api = try AuthAPI(
            flow: flow, settings: configuration.httpSettings, ring: checked.ring, pages: checked.pages,
            telemetry: RequestTelemetry(factory: factory))
        let startedAt = configuration.clock.now()
        keeper = opened.cluster.map { cluster in
            var settings = KeeperSettings(node: cluster.node, limits: limits)
            settings.missing = configuration.cluster.missing
            return MirrorKeeper(
                bus: cluster.bus, settings: settings,
                identity: MirrorKeeper.Identity(
                    address: configuration.cluster.address, version: TesseraVersion.text, startedAt: startedAt),
                flow: flow)
        }
        node = Node(flow: flow, keeper: keeper)
    }

    /// Runs until it is told to stop; then writes what is unwritten and closes the store.
    public func run() async throws {
        if let cluster = opened.cluster {
            // Stopped in the reverse order: connections are needed until the node has written what it has to.
            let services = cluster.connections + [node] + deliveries
            try await ServiceGroup(services: services, logger: logger).run()
        } else {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await node.run() }
                for delivery in deliveries { group.addTask { try await delivery.run() } }
                try await group.waitForAll()
            }
        }
        await flow.settings.accounts?.refreshes.drain()
        try await opened.close()
    }

    /// What delivers events, where there are any.
    private var deliveries: [any Service] {
        guard let webhooks, webhooks.delivers else { return [] }
        return [webhooks]
    }

    /// Answers everything below the base path on this router.
    public func addRoutes<Context: RequestContext>(to router: some RouterMethods<Context>) {
        _ = router.add(middleware: AuthMiddleware<Context>(api: api))
    }
}
