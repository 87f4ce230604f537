import ArgumentParser
import Tessera

/// The program: `tessera`.
@main
struct TesseraCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tessera",
        abstract: "Sign-in and sessions for web applications: a service with the API of NextAuth.js.",
        discussion: """
            Settings come from a file (--config), then the environment (TESSERA_…, NEXTAUTH_SECRET, NEXTAUTH_URL, \
            AUTH_TRUST_HOST), then flags; what comes later counts. Docs/Configuration.md lists them.
            """,
        version: TesseraVersion.text,
        subcommands: [
            ServeCommand.self, SecretCommand.self, CheckCommand.self, TokenCommand.self, SessionsCommand.self,
            ProvidersCommand.self, ClusterCommand.self,
        ])
}
