public import Hummingbird
@_exported public import JSON
public import Logging
public import ServiceLifecycle
@_exported public import TesseraCore
@_exported public import TesseraHTTP
@_exported public import TesseraPages
@_exported public import TesseraRuntime
import TesseraSQLite
@_exported public import TesseraTokens

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
    private let store: SQLiteSessionStore

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
            let tessera = try Tessera(configuration, checked, store: store, logger: logger)
            try await tessera.node.prepare()
            return tessera
        } catch {
            try? await store.close()
            throw error
        }
    }

    private init(
        _ configuration: TesseraConfiguration, _ checked: TesseraConfiguration.Checked, store: SQLiteSessionStore,
        logger: Logger
    ) throws {
        self.store = store
        flow = RequestFlow(
            tokens: checked.tokens, store: store, mirror: Mirror(), settings: configuration.flowSettings,
            clock: configuration.clock, random: configuration.random, logger: logger)
        api = try AuthAPI(
            flow: flow, settings: configuration.httpSettings, ring: checked.ring, pages: checked.pages)
        node = Node(flow: flow)
    }

    /// Runs until it is told to stop; then writes what is unwritten and closes the store.
    public func run() async throws {
        try await node.run()
        try await store.close()
    }

    /// Answers everything below the base path on this router.
    public func addRoutes<Context: RequestContext>(to router: some RouterMethods<Context>) {
        _ = router.add(middleware: AuthMiddleware<Context>(api: api))
    }
}
