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
import TesseraSQLite
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
/// the marks that are left and closes the store. Requests may be answered before it runs.
public struct Tessera: Service {
    package let flow: RequestFlow
    package let api: AuthAPI
    private let node: Node
    private let webhooks: Webhooks?
    private let closeStore: @Sendable () async throws -> Void

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
        let store = try await configuration.store.open()
        do {
            let tables = SQLiteDirectory(store: store)
            let opened = OpenedStore(
                sessions: store, directory: configuration.directory == .store ? tables : nil, attempts: tables,
                outbox: SQLiteOutbox(store: store))
            return try await open(configuration, checked, over: opened, logger: logger) { try await store.close() }
        } catch {
            try? await store.close()
            throw error
        }
    }

    /// The same over a store that is open already, and that its owner closes; `configuration.store` does not count.
    package static func open(
        _ configuration: TesseraConfiguration, over store: any SessionStore, logger: Logger = Logger(label: "tessera")
    ) async throws -> Tessera {
        try await open(configuration, over: OpenedStore(sessions: store), logger: logger)
    }

    /// The same, with what else is open already.
    package static func open(
        _ configuration: TesseraConfiguration, over opened: OpenedStore, logger: Logger = Logger(label: "tessera")
    ) async throws -> Tessera {
        try await open(configuration, configuration.checked(), over: opened, logger: logger) {}
    }

    private static func open(
        _ configuration: TesseraConfiguration, _ checked: TesseraConfiguration.Checked, over opened: OpenedStore,
        logger: Logger, closing close: @escaping @Sendable () async throws -> Void
    ) async throws -> Tessera {
        let tessera = try Tessera(configuration, checked, opened: opened, logger: logger, closing: close)
        try await tessera.node.prepare()
        return tessera
    }

    private init(
        _ configuration: TesseraConfiguration, _ checked: TesseraConfiguration.Checked, opened: OpenedStore,
        logger: Logger, closing close: @escaping @Sendable () async throws -> Void
    ) throws {
        closeStore = close
        let (configuration, webhooks) = try configuration.withWebhooks(opened.outbox, logger: logger)
        self.webhooks = webhooks
        flow = RequestFlow(
            tokens: checked.tokens, store: opened.sessions, mirror: Mirror(),
            settings: configuration.flowSettings(checked, opened),
            clock: configuration.clock, random: configuration.random, logger: logger)
        api = try AuthAPI(
            flow: flow, settings: configuration.httpSettings, ring: checked.ring, pages: checked.pages)
        node = Node(flow: flow)
    }

    /// Runs until it is told to stop; then writes what is unwritten and closes the store.
    public func run() async throws {
        if let webhooks {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await node.run() }
                group.addTask { try await webhooks.run() }
                try await group.waitForAll()
            }
        } else {
            try await node.run()
        }
        await flow.settings.accounts?.refreshes.drain()
        try await closeStore()
    }

    /// Answers everything below the base path on this router.
    public func addRoutes<Context: RequestContext>(to router: some RouterMethods<Context>) {
        _ = router.add(middleware: AuthMiddleware<Context>(api: api))
    }
}
