import ArgumentParser
import Foundation
import Tessera
import TesseraTokens

/// `tessera token`
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Look into session tokens.", subcommands: [InspectCommand.self])

    /// `tessera token inspect`
    struct InspectCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "inspect", abstract: "Open a session token with the configured secret and show what it says.",
            discussion: """
                Reads the token from standard input unless it is given. Shows header, claims and times, never a secret. \
                Whether the token is revoked, only a running node knows. Other users of this machine may see the \
                arguments of a command: standard input is the better way.
                """)

        @OptionGroup var options: ServeOptions
        @Argument(help: "The token: the value of the session cookie.") var token: String?

        mutating func run() async throws {
            let settings = try options.settings()
            let text = token ?? readLine(strippingNewline: true) ?? ""
            let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
            let inspection = try settings.tessera.inspect(trimmed.removingPercentEncoding ?? trimmed)
            for line in inspection.lines { print(line) }
            if !inspection.isAccepted { throw ExitCode(1) }
        }
    }
}
