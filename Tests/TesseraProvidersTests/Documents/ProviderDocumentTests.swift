import Foundation
import Testing

@testable import TesseraProviders

@Suite("Docs/Providers.md")
struct ProviderDocumentTests {
    @Test("is what `tessera providers` prints")
    func upToDate() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "Docs/Providers.md"), encoding: .utf8)
        let made = try ProviderDocument.text()
        #expect(text == made, "make it anew: tessera providers > Docs/Providers.md")
    }

    @Test("has all entries with all parameters")
    func complete() throws {
        let text = try ProviderDocument.text()
        for id in try ProviderTable.ids() {
            let entry = try #require(try ProviderTable.entry(id))
            let row = try #require(text.split(separator: "\n").first { $0.hasPrefix("| `\(id)`") })
            for parameter in entry.parameters { #expect(row.contains("`\(parameter.name)`")) }
        }
    }
}
