import ArgumentParser
import Tessera

/// `tessera check`
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check all settings, and whether the store can be opened; start nothing.",
        discussion: "Prints every problem that it finds. Exits with 1 if there is any.")

    @OptionGroup var options: ServeOptions

    mutating func run() async throws {
        let settings = try options.settings()
        for warning in settings.warnings { print("warning: \(warning)") }
        if let problem = await settings.tessera.store.problem() { throw SettingsProblems([problem]) }
        print("The settings can be used.")
    }
}
