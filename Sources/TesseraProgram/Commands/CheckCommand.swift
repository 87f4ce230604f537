import ArgumentParser
import Tessera

/// `tessera check`
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check all settings, and whether the store can be opened; start nothing.",
        discussion: "Prints every problem that it finds. Exits with 1 if there is any.")

    @OptionGroup var options: ServeOptions

    mutating func run() async throws {
        let settings = options.read()
        for warning in settings.warnings + settings.tessera.warnings { print("warning: \(warning)") }
        var problems = settings.problems
        switch await settings.tessera.store.check() {
        case .usable(let warnings): for warning in warnings { print("warning: \(warning)") }
        case .inUse(let why): print("warning: the store could not be looked at: \(why)")
        case .unusable(let why): problems += why
        }
        guard problems.isEmpty else { throw SettingsProblems(problems) }
        print("The settings can be used.")
    }
}
