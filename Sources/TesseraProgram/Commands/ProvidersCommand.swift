import ArgumentParser
import TesseraProviders

/// `tessera providers`
struct ProvidersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "providers", abstract: "Print the list of all known providers and their parameters, as Markdown.",
        discussion: "Docs/Providers.md is what this prints.")

    mutating func run() throws { print(try ProviderDocument.text(), terminator: "") }
}
