import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import Tessera
import TesseraHTTP
import TesseraTokens
import UnixSignals

/// `tessera serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve the API and the pages until told to stop (SIGTERM, SIGINT).")

    @OptionGroup var options: ServeOptions

    mutating func run() async throws {
        let settings = try options.settings()
        let logger = ServeCommand.logger(settings)
        for warning in settings.warnings { logger.warning("\(warning)") }
        let tessera = try await ServeCommand.open(settings, logger: logger)
        var services: [any Service] = [tessera]
        services.append(
            HTTPListener.application(
                PublicResponder(api: tessera.api, demoLogins: settings.isDemo ? DemoUsers.logins : nil),
                host: settings.host, port: settings.port, maximumConnections: settings.maximumConnections,
                logger: logger
            ) { port in
                logger.notice(
                    "serving",
                    metadata: [
                        "url": "http://\(settings.host):\(port)", "pid": "\(ProcessInfo.processInfo.processIdentifier)",
                    ])
            })
        if let key = settings.operatorKey.flatMap({ OperatorKey($0) }) {
            services.append(
                HTTPListener.application(
                    OperatorResponder(api: OperatorAPI(flow: tessera.flow, key: key)), host: settings.operatorHost,
                    port: settings.operatorPort, maximumConnections: 100, logger: logger
                ) { port in
                    logger.notice("serving operators", metadata: ["url": "http://\(settings.operatorHost):\(port)"])
                })
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
            throw SettingsProblems(["\(error)"])
        }
    }

    private static func logger(_ settings: ServeSettings) -> Logger {
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "tessera")
        logger.logLevel = settings.logLevel
        return logger
    }
}

/// The flags that say how to serve; `tessera check` takes the same.
struct ServeOptions: ParsableArguments {
    @Option(help: "The address to listen on.") var host: String?
    @Option(help: "The port to listen on; 0 takes a free one.") var port: Int?
    @Option(help: "Where sessions live: sqlite:PATH or memory.") var store: String?
    @Option(help: "The port of the operator's API, on 127.0.0.1. Needs TESSERA_OPERATOR_KEY.") var operatorPort: Int?
    @Option(help: "A YAML or JSON file with settings.") var config: String?
    @Option(help: "Where browsers reach the API, such as https://example.com/api/auth.") var url: String?
    @Option(help: "trace, debug, info, notice, warning, error or critical.") var logLevel: String?
    @Flag(help: "Demo users (alice / wonderland, bob / builder), a demo page, and a secret of its own.")
    var demo = false

    /// Reads and checks the settings, or throws all their problems.
    func settings() throws -> ServeSettings {
        var flags: [SettingKey: String] = [:]
        flags[.host] = host
        flags[.port] = port.map(String.init)
        flags[.store] = store
        flags[.operatorPort] = operatorPort.map(String.init)
        flags[.url] = url
        flags[.logLevel] = logLevel
        do {
            return try ServeSettings(
                flags: flags, environment: ProcessInfo.processInfo.environment, configPath: config, isDemo: demo)
        } catch {
            throw SettingsProblems(error.problems)
        }
    }
}

/// What keeps the program from starting, one problem a line.
struct SettingsProblems: Error, CustomStringConvertible {
    let problems: [String]

    init(_ problems: [String]) { self.problems = problems }

    var description: String {
        problems.count == 1
            ? problems[0] : "\(problems.count) problems:\n" + problems.map { "  - \($0)" }.joined(separator: "\n")
    }
}
