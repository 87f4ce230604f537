import TesseraCore
package import TesseraTokens

/// Keeps texts for the minutes between two requests of one browser, so that the second may come to another node: sealed,
/// in the store.
package struct SealedSecrets: Sendable {
    private let store: any ShortLivedSecrets
    private let vault: SecretVault
    private let clock: WallClock
    private let random: RandomBytes

    package init(store: any ShortLivedSecrets, vault: SecretVault, clock: WallClock, random: RandomBytes) {
        self.store = store
        self.vault = vault
        self.clock = clock
        self.random = random
    }

    /// Keeps a text under a name for so long.
    package func keep(_ text: String, as name: String, for lifetime: Duration) async throws {
        let sealed = try vault.seal(text, as: name, random: random)
        let now = clock.now()
        try await store.keep(sealed, as: try vault.digest(of: name), until: now + lifetime, at: now)
    }

    /// Hands a text out, once; `nil` where there is none, or its time is over.
    package func take(_ name: String) async throws -> String? {
        guard let sealed = try await store.take(try vault.digest(of: name), at: clock.now()) else { return nil }
        return try vault.open(sealed, as: name)
    }
}

/// A provider that has something to keep between two requests.
package protocol SecretKeeping: RedirectingProvider {
    /// The same provider, which keeps it in the store.
    func keeping(in secrets: SealedSecrets) -> Self
}
