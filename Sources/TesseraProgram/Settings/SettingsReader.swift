import Configuration
import Tessera

/// Reads settings by name and notes what is wrong with them, so that all problems are found in one run.
struct SettingsReader {
    private let reader: ConfigReader
    private(set) var problems: [String]

    /// - Parameters:
    ///   - flags: what was given on the command line, which counts most.
    ///   - environment: all variables.
    ///   - file: the configuration file, which counts least.
    init(flags: [SettingKey: String], environment: [String: String], file: SettingsFile?) {
        var providers: [any ConfigProvider] = [
            InMemoryProvider(name: "flags", values: Self.values(flags)),
            EnvironmentVariablesProvider(
                environmentVariables: environment,
                secretsSpecifier: .dynamic { name, _ in name.contains("SECRET") || name.contains("KEY") }
            ).prefixKeys(with: "tessera"),
            InMemoryProvider(name: "NextAuth.js environment", values: Self.values(Self.nextAuth(environment))),
        ]
        if let file { providers.append(InMemoryProvider(name: "file", values: file.values)) }
        reader = ConfigReader(providers: providers)
        problems = file?.problems ?? []
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

    /// The variables of NextAuth.js (contract 9.5). Empty ones count as not set.
    private static func nextAuth(_ environment: [String: String]) -> [SettingKey: String] {
        func variable(_ names: String...) -> String? { names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty } }
        var values: [SettingKey: String] = [:]
        values[.secret] = variable("NEXTAUTH_SECRET", "AUTH_SECRET")
        values[.url] = variable("NEXTAUTH_URL")
        values[.trustHost] = variable("AUTH_TRUST_HOST")
        return values
    }

    mutating func note(_ problem: String) { problems.append(problem) }

    func text(_ key: SettingKey) -> String? { text(named: key.rawValue) }

    func text(named name: String) -> String? {
        let text = reader.string(forKey: ConfigKey(name.split(separator: ".").map(String.init)))
        return text.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A list; in the environment its elements are separated by commas.
    func list(_ key: SettingKey) -> [String] {
        reader.stringArray(forKey: ConfigKey(key.rawValue.split(separator: ".").map(String.init))) ?? []
    }

    /// A value that `read` understands; the default where the setting is not there, or is a problem.
    mutating func value<Value>(
        _ name: String, default fallback: Value, _ expectation: String, read: (String) -> Value?
    ) -> Value {
        guard let text = text(named: name) else { return fallback }
        guard let value = read(text) else {
            problems.append("\(name): \"\(text)\" is not \(expectation)")
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
