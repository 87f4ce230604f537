import Foundation
import Hummingbird
import Tessera
import Testing

/// The README's library example, compiled. What stands between the two marks is the README's block, line by line.
private func serve(
    secret: String, check: @escaping @Sendable (String?, String?) async throws -> UserProfile?
) async throws {
    // README begins
    let provider = SignInProvider.credentials { form, _ in try await check(form["username"], form["password"]) }
    let tessera = try await Tessera.open(
        TesseraConfiguration(secrets: [secret], store: .sqlite(path: "sessions.sqlite"), providers: [provider]))
    let router = Router(context: SessionContext.self)
    tessera.addRoutes(to: router)
    router.group("me").add(middleware: tessera.requireSession())
        .get { _, context in "Hello, \(try context.requireSession().name ?? "you")" }
    var application = Application(router: router, configuration: .init(address: .hostname("localhost", port: 3000)))
    application.addServices(tessera)
    try await application.runService()
    // README ends
}

@Suite("The README")
struct ReadmeTests {
    private static func lines(_ text: Substring) -> [String] {
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    @Test("The library example in the README is the one that is compiled here")
    func example() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let source = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
        let block = try #require(readme.firstMatch(of: /```swift\n(?<code>(.|\n)*?)```/)).code
        let compiled = try #require(source.firstMatch(of: /\/\/ README begins\n(?<code>(.|\n)*?)\/\/ README ends/)).code
        let shown = Self.lines(block).filter { !$0.hasPrefix("import ") }
        #expect(shown == Self.lines(compiled).filter { $0 != "//" })
        #expect(shown.count <= 11)
        _ = serve
    }
}
