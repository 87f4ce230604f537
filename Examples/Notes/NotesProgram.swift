import Foundation
import Hummingbird
import Tessera

/// An example: private notes behind Tessera's sign-in, in one Hummingbird application.
///
///     swift run Notes
///
/// then open http://localhost:3000 and sign in as `ada`, `grace` or, to suspend the others, `root`; each password is
/// the name once more. Sessions are kept in `notes.sqlite`; without the variable `NEXTAUTH_SECRET` they end with the
/// program, whose secret is then made anew at every start.
@main
struct NotesProgram {
    static func main() async throws {
        let people = People.demo
        let secret = ProcessInfo.processInfo.environment["NEXTAUTH_SECRET"] ?? Secret.makeText()
        let tessera = try await Tessera.open(
            NotesApplication.configuration(people: people, secret: secret, store: .sqlite(path: "notes.sqlite")))
        let router = NotesApplication.router(tessera: tessera, people: people, notes: NoteBook())
        var application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 3000)))
        application.addServices(tessera)
        try await application.runService()
    }
}
