import ArgumentParser
import Foundation
import Tessera

/// The flags that say how to serve; `tessera check` takes the same.
struct ServeOptions: ParsableArguments {
    @Option(help: "The address to listen on; 127.0.0.1 unless set.") var host: String?
    @Option(help: "The port to listen on; 3000 unless set, 0 takes a free one.") var port: String?
    @Option(
        help: """
            Where sessions live: sqlite:PATH, memory, or redis://HOST for several nodes; sqlite:tessera.sqlite unless \
            set, memory with --demo.
            """)
    var store: String?
    @Option(help: "The port of the operator's API; 3001 unless set. Its key is the variable TESSERA_OPERATOR_KEY.")
    var operatorPort: String?
    @Option(help: "A YAML or JSON file with settings.") var config: String?
    @Option(help: "Where browsers reach the API, such as https://example.com/api/auth; localhost unless set.") var url:
        String?
    @Option(help: "trace, debug, info, notice, warning, error or critical; info unless set.") var logLevel: String?
    @Flag(help: "Demo users (alice / wonderland, bob / builder), a demo page, a secret of its own where none is set.")
    var demo = false

    /// Reads and checks the settings, or throws all their problems.
    func settings() throws -> ServeSettings {
        let settings = read()
        guard settings.problems.isEmpty else { throw SettingsProblems(settings.problems) }
        return settings
    }

    /// Reads the settings, problems and all.
    func read() -> ServeSettings {
        var flags: [SettingKey: String] = [:]
        flags[.host] = host
        flags[.port] = port
        flags[.store] = store
        flags[.operatorPort] = operatorPort
        flags[.url] = url
        flags[.logLevel] = logLevel
        return ServeSettings(
            flags: flags, environment: ProcessInfo.processInfo.environment, configPath: config, isDemo: demo)
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
