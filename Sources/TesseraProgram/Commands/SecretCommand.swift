import ArgumentParser
import Tessera

/// `tessera secret`
struct SecretCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret", abstract: "Make a secret, for NEXTAUTH_SECRET or TESSERA_OPERATOR_KEY.")

    func run() { print(Secret.makeText()) }
}
