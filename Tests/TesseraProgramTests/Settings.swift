import Tessera

@testable import TesseraProgram

/// Ways to read settings in tests, without a process.
enum Settings {
    static let secret = "the-secret-of-these-program-tests"

    /// Settings from these sources; a secret is there unless the environment says otherwise.
    static func read(
        file: String? = nil, environment: [String: String] = ["NEXTAUTH_SECRET": secret],
        flags: [SettingKey: String] = [:], isDemo: Bool = false
    ) throws -> ServeSettings {
        let folder = try TemporaryFolder()
        let path = try file.map { try folder.write($0, to: "tessera.yaml") }
        return ServeSettings(flags: flags, environment: environment, configPath: path, isDemo: isDemo)
    }

    /// A reader of these sources.
    static func reader(
        file: String? = nil, environment: [String: String] = [:], flags: [SettingKey: String] = [:]
    ) throws -> SettingsReader {
        let folder = try TemporaryFolder()
        let settingsFile = try file.map { SettingsFile(path: try folder.write($0, to: "tessera.yaml")) }
        return SettingsReader(flags: flags, environment: environment, file: settingsFile)
    }

    /// One setting as YAML.
    static func yaml(_ name: String, _ value: String) -> String {
        let parts = name.split(separator: ".")
        let lines = parts.enumerated().map { String(repeating: "  ", count: $0.offset) + $0.element + ":" }
        return lines.joined(separator: "\n") + " \(value)\n"
    }
}
