import JOSE
import JSON

/// Seals what a store keeps for the minutes between two requests of one browser, with a key that is used for nothing
/// else. A sealed text opens under the name only that it was made for.
package struct SecretVault: Sendable {
    private let box: SealedBox

    /// Any secret of the ring opens, the first one seals.
    package init(ring: SecretRing) throws { box = try SealedBox(ring: ring, purpose: "short-lived secrets") }

    /// What a name is called in the store, where nobody has to know it.
    package func digest(of name: String) throws -> String { Hex.encode(try SHA256.hash(Array(name.utf8))) }

    /// Seals a text under a name.
    package func seal(_ text: String, as name: String, random: RandomBytes) throws -> [UInt8] {
        try box.seal(["name": .string(name), "text": .string(text)], random: random)
    }

    /// Opens what was sealed under this name; throws for anything else.
    package func open(_ sealed: [UInt8], as name: String) throws -> String {
        let content = try box.open(sealed)
        guard content["name"]?.string == name, let text = content["text"]?.string else { throw TokenError.claims }
        return text
    }
}
