import ArgumentParser
import CoreMetrics
import Foundation
import Hummingbird
import Logging
import ServiceLifecycle
import Tessera
import TesseraHTTP
import TesseraTokens
import Tracing
import UnixSignals

/// `tessera serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve the API and the pages until told to stop (SIGTERM, SIGINT).")

    @OptionGroup var options: ServeOptions

    mutating func run() async throws {
        // Before anything asks for the time zone: logs of several nodes are compared, so their times are in UTC unless
        // somebody wants them otherwise. It also keeps a table of the world's time zones out of memory (2 MB).
        setenv("TZ", "GMT", 0)
        let settings = try options.settings()
        let logger = ServeCommand.logger(settings)
        for warning in settings.warnings { logger.warning("check the settings", metadata: ["warning": "\(warning)"]) }
        let metrics = ServeCommand.bootstrapMetrics()
        // Before anything is made that looks for a tracer.
        let exporter = ServeCommand.bootstrapTracing(settings, logger)
        let tessera = try await ServeCommand.open(settings, logger: logger)
        var services: [any Service] = exporter.map { [$0] } ?? []
        services += [tessera, ServeCommand.publicListener(settings, tessera, logger)]
        if let listener = ServeCommand.operatorListener(settings, tessera, metrics, logger) {
            services.append(listener)
        }
        // Stopped in the reverse order: first the listeners drain, then the marks are written and the store is closed.
        var group = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        // A client that never finishes keeps nobody from stopping.
        group.maximumGracefulShutdownDuration = .seconds(25)
        try await ServiceGroup(configuration: group).run()
        logger.notice("stopped")
    }

    private static func open(_ settings: ServeSettings, logger: Logger) async throws -> Tessera {
        do {
            return try await Tessera.open(settings.tessera, logger: logger)
        } catch let error as ConfigurationError {
            throw SettingsProblems(error.problems)
        } catch {
            throw SettingsProblems(["store: \(error)"])
        }
    }

    private static func publicListener(
        _ settings: ServeSettings, _ tessera: Tessera, _ logger: Logger
    ) -> any Service {
        let responder = PublicResponder(
            api: tessera.api, demoLogins: settings.isDemo ? DemoUsers.logins : nil, mailbox: settings.mailbox)
        guard let provider = settings.demoProvider else { return listener(responder, settings, logger) }
        return listener(DemoResponder(responder, provider: provider), settings, logger)
    }

    private static func listener<Responder: HTTPResponder>(
        _ responder: Responder, _ settings: ServeSettings, _ logger: Logger
    ) -> some Service where Responder.Context == PublicRequestContext {
        let server = HTTPListener.application(
            responder, host: settings.host, port: settings.port, maximumConnections: settings.maximumConnections,
            logger: logger
        ) { port in
            let process = ProcessInfo.processInfo.processIdentifier
            logger.notice("serving", metadata: ["url": "http://\(settings.host):\(port)", "pid": "\(process)"])
        }
        return Listener(server: server, setting: "port", host: settings.host, port: settings.port)
    }

    private static func operatorListener(
        _ settings: ServeSettings, _ tessera: Tessera, _ metrics: PrometheusRegistry, _ logger: Logger
    ) -> (any Service)? {
        guard let key = settings.operatorKey.flatMap({ OperatorKey($0) }) else { return nil }
        let api = OperatorAPI(flow: tessera.flow, key: key, keeper: tessera.keeper, metrics: metrics)
        let server = HTTPListener.application(
            OperatorResponder(api: api), host: settings.operatorHost, port: settings.operatorPort,
            maximumConnections: 100, logger: logger
        ) { port in
            logger.notice("serving operators", metadata: ["url": "http://\(settings.operatorHost):\(port)"])
        }
        return Listener(
            server: server, setting: "operatorPort", host: settings.operatorHost, port: settings.operatorPort)
    }

    /// Everything in the process that measures does so into what `GET /metrics` shows.
    private static func bootstrapMetrics() -> PrometheusRegistry {
        let help = MetricName.allCases.map { ($0.rawValue, $0.help) }
        let registry = PrometheusRegistry(help: Dictionary(uniqueKeysWithValues: help))
        MetricsSystem.bootstrap(registry)
        return registry
    }

    /// Sends what the process traces to a collector, where there is one.
    private static func bootstrapTracing(_ settings: ServeSettings, _ logger: Logger) -> SpanExporter? {
        guard let url = settings.tracingURL else { return nil }
        let buffer = SpanBuffer()
        InstrumentationSystem.bootstrap(ExportingTracer(buffer: buffer, percent: settings.tracingPercent))
        let instance = "\(ProcessInfo.processInfo.hostName):\(ProcessInfo.processInfo.processIdentifier)"
        let document = TraceDocument(service: "tessera", instance: instance, version: TesseraVersion.text)
        return SpanExporter(buffer: buffer, document: document, url: url, logger: logger)
    }

    private static func logger(_ settings: ServeSettings) -> Logger {
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "tessera")
        logger.logLevel = settings.logLevel
        return logger
    }
}
