import Foundation
import Logging
import ServiceLifecycle
import Tessera
import TesseraHTTP
import TesseraTokens
import UnixSignals

/// A node that lacks one of its protections: tests start it in the place of `tessera serve`, and have to find the promise
/// broken. It takes the few variables that those tests set, and `WEAKENED_WITHOUT` with the protections' names: those of
/// `KeeperProtection` and of `Protection`.
@main
struct WeakenedNode {
    private let environment = ProcessInfo.processInfo.environment

    static func main() async throws {
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        try await WeakenedNode().run()
    }

    private func run() async throws {
        let logger = Logger(label: "weakened")
        let configuration = try configuration()
        var opened = try await configuration.openStore(logger: logger)
        let missing = try missing(Protection.self)
        opened.store = WeakenedStore(base: opened.store, missing: missing)
        if missing.contains(.confirmation), let cluster = opened.cluster {
            opened.cluster?.bus = HastyBus(base: cluster.bus)
        }
        let tessera = try await Tessera.open(configuration, over: opened, logger: logger)
        guard let key = OperatorKey(try text("TESSERA_OPERATOR_KEY")) else { throw Missing(name: "key") }
        let visitors = HTTPListener.application(
            PublicResponder(api: tessera.api, demoLogins: nil), host: "127.0.0.1", port: try number("TESSERA_PORT"),
            maximumConnections: 1000, logger: logger
        ) { _ in }
        let operators = HTTPListener.application(
            OperatorResponder(api: OperatorAPI(flow: tessera.flow, key: key, keeper: tessera.keeper, metrics: nil)),
            host: "127.0.0.1", port: try number("TESSERA_OPERATOR_PORT"), maximumConnections: 100, logger: logger
        ) { _ in }
        let services: [any Service] = [tessera, visitors, operators]
        try await ServiceGroup(services: services, gracefulShutdownSignals: [.sigterm], logger: logger).run()
    }

    private func configuration() throws -> TesseraConfiguration {
        guard let store = StoreLocation(try text("TESSERA_STORE")) else { throw Missing(name: "store") }
        let secrets = try text("TESSERA_SECRETS").split(separator: ",").map(String.init)
        // Users are those of NextAuth.js tokens: nobody signs in here.
        let nobody = SignInProvider.credentials(name: "nobody") { _, _ in nil }
        var configuration = TesseraConfiguration(secrets: secrets, store: store, providers: [nobody])
        if let seconds = Int(environment["WEAKENED_FRESH_WINDOW"] ?? "") {
            (configuration.policy.freshWindow, configuration.policy.grace) = (.seconds(seconds), .seconds(seconds))
        }
        configuration.cluster.missing = try missing(KeeperProtection.self)
        return configuration
    }

    private func missing<Name: RawRepresentable<String> & Hashable>(_ names: Name.Type) throws -> Set<Name> {
        Set(try text("WEAKENED_WITHOUT").split(separator: ",").compactMap { Name(rawValue: String($0)) })
    }

    private func text(_ name: String) throws -> String {
        guard let value = environment[name] else { throw Missing(name: name) }
        return value
    }

    private func number(_ name: String) throws -> Int {
        guard let number = Int(try text(name)) else { throw Missing(name: name) }
        return number
    }

    private struct Missing: Error {
        let name: String
    }
}
