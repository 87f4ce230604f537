import TesseraTestKit
import Testing

@testable import TesseraTokens

@Suite("Short-lived secrets, sealed")
struct SecretVaultTests {
    private func vault(_ secrets: String...) throws -> SecretVault {
        try SecretVault(ring: try #require(SecretRing(secrets.compactMap { Secret($0) })))
    }

    @Test("What is sealed under a name opens under that name, with any secret of the ring, and otherwise not")
    func opens() throws {
        let vault = try vault("the first secret of these tests")
        let sealed = try vault.seal("the text", as: "a", random: .seeded(1))
        #expect(try vault.open(sealed, as: "a") == "the text")
        #expect(throws: (any Error).self) { try vault.open(sealed, as: "b") }
        let later = try self.vault("a new first secret", "the first secret of these tests")
        #expect(try later.open(sealed, as: "a") == "the text")
        let stranger = try self.vault("somebody else's secret")
        #expect(throws: (any Error).self) { try stranger.open(sealed, as: "a") }
        #expect(throws: (any Error).self) { try vault.open(sealed.dropLast() + [0x41], as: "a") }
        // All nodes find it, also while the ring is changed.
        #expect(try vault.digest(of: "a") == later.digest(of: "a"))
        #expect(try vault.digest(of: "a") != vault.digest(of: "b"))
    }
}
