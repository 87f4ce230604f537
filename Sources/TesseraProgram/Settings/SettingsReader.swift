import Configuration
import Tessera

/// Reads settings by name and notes what is wrong with them, so that all problems are found in one run.
struct SettingsReader {
    private let reader: ConfigReader
    private(set) var problems: [String]
    /// What is probably not as it was meant.
    private(set) var warnings: [String]
    /// Where settings come from that do not come from the file.
    private let origins: [String: String]

    /// - Parameters:
    ///   - flags: what was given on the command line, which counts most.
    ///   - environment: all variables. Empty ones count as not set.
    ///   - file: the configuration file, which counts least.
    init(flags: [SettingKey: String], environment: [String: String], file: SettingsFile?) {
        let environment = environment.filter { !$0.value.isEmpty }
        let nextAuth = Self.nextAuth(environment)
        var providers: [any ConfigProvider] = [
            InMemoryProvider(name: "flags", values: Self.values(flags)),
            EnvironmentVariablesProvider(
                environmentVariables: environment,
                secretsSpecifier: .dynamic { name, _ in name.contains("SECRET") || name.contains("KEY") }
            ).prefixKeys(with: "tessera"),
            InMemoryProvider(name: "NextAuth.js environment", values: Self.values(nextAuth.mapValues(\.value))),
        ]
        if let file { providers.append(InMemoryProvider(name: "file", values: file.values)) }
        reader = ConfigReader(providers: providers)
        problems = file?.problems ?? []
        warnings = Self.strangeVariables(environment)
        origins = Self.origins(flags, environment, nextAuth)
    }

    private static func values(_ texts: [SettingKey: String]) -> [AbsoluteConfigKey: ConfigValue] {
        Dictionary(
            uniqueKeysWithValues: texts.map { key, text in
                (
                    AbsoluteConfigKey(key.rawValue.split(separator: ".").map(String.init)),
                    ConfigValue(.string(text), isSecret: true)
                )
            })
    }

    /// The variables of NextAuth.js (contract 9.5).
    private static func nextAuth(_ environment: [String: String]) -> [SettingKey: (variable: String, value: String)] {
        let variables: [(SettingKey, String)] = [
            (.secret, "AUTH_SECRET"), (.secret, "NEXTAUTH_SECRET"), (.url, "NEXTAUTH_URL"),
            (.trustHost, "AUTH_TRUST_HOST"),
        ]
        var values: [SettingKey: (variable: String, value: String)] = [:]
        for (key, variable) in variables {
            if let value = environment[variable] { values[key] = (variable, value) }
        }
        return values
    }

    private static func origins(
        _ flags: [SettingKey: String], _ environment: [String: String],
        _ nextAuth: [SettingKey: (variable: String, value: String)]
    ) -> [String: String] {
        var origins = Dictionary(uniqueKeysWithValues: nextAuth.map { ($0.key.rawValue, $0.value.variable) })
        for name in SettingKey.allNames where environment[SettingKey.environmentName(name)] != nil {
            origins[name] = SettingKey.environmentName(name)
        }
        for key in flags.keys { origins[key.rawValue] = SettingKey.flagName(key.rawValue) }
        return origins
    }

    /// Variables that look like settings and are none. Only a warning: a container platform may set some of its own
    /// after a service of this name.
    private static func strangeVariables(_ environment: [String: String]) -> [String] {
        let names = SettingKey.allNames.map(SettingKey.environmentName)
        let known = Set(names)
        return environment.keys.filter { $0.hasPrefix("TESSERA_") && !known.contains($0) }.sorted().map { variable in
            let suggestion = SettingKey.suggestion(for: variable, among: names).map { "; \($0) is meant?" } ?? ""
            return "the variable \(variable) is no setting\(suggestion)"
        }
    }

    /// A setting's name for people, with where its value comes from.
    private func shown(_ name: String) -> String { origins[name].map { "\($0) (\(name))" } ?? name }

    mutating func note(_ problem: String) { problems.append(problem) }

    func text(_ key: SettingKey) -> String? { text(named: key.rawValue) }

    func text(named name: String) -> String? {
        let text = reader.string(forKey: ConfigKey(name.split(separator: ".").map(String.init)))
        return text.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A list; in the environment its elements are separated by commas.
    func list(_ key: SettingKey) -> [String] {
        let list = reader.stringArray(forKey: ConfigKey(key.rawValue.split(separator: ".").map(String.init))) ?? []
        return list.filter { !$0.isEmpty }
    }

    /// A value that `read` understands; the default where the setting is not there, or is a problem.
    mutating func value<Value>(
        _ name: String, default fallback: Value, _ expectation: String, read: (String) -> Value?
    ) -> Value {
        guard let text = text(named: name) else { return fallback }
        guard let value = read(text) else {
            problems.append("\(shown(name)): \"\(text)\" is not \(expectation)")
            return fallback
        }
        return value
    }

    mutating func number(_ key: SettingKey, default fallback: Int, in range: ClosedRange<Int>) -> Int {
        value(key.rawValue, default: fallback, "a number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    mutating func duration(_ key: SettingKey, default fallback: Duration) -> Duration {
        value(key.rawValue, default: fallback, Self.durationExpectation, read: Self.duration)
    }

    mutating func flag(_ name: String, default fallback: Bool) -> Bool {
        value(name, default: fallback, "true or false", read: Self.bool)
    }

    static func bool(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }

    static let durationExpectation = "a duration such as 30s, 5m, 12h or 14d (a number alone is seconds)"

    static func duration(_ text: String) -> Duration? {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        let unit = text.last.flatMap { units[$0] }
        guard let number = Int64(unit == nil ? text : String(text.dropLast())), (0...4_000_000_000).contains(number)
        else {
            return nil
        }
        return .seconds(number * (unit ?? 1))
    }
}
