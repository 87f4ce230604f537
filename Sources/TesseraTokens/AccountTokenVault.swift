package import JSON
package import TesseraCore

/// Seals providers' tokens for the store, with a key that is used for nothing else. A sealed text opens for the account
/// only that it was made for.
package struct AccountTokenVault: Sendable {
    private let box: SealedBox

    /// Any secret of the ring opens, the first one seals.
    package init(ring: SecretRing) throws { box = try SealedBox(ring: ring, purpose: "provider tokens") }

    /// Seals the tokens of an account; nothing where there are none.
    package func seal(_ tokens: JSONObject, of account: AccountKey, random: RandomBytes) throws -> [UInt8] {
        if tokens.isEmpty { return [] }
        let content: JSONObject = [
            "provider": .string(account.provider), "account": .string(account.providerAccountID),
            "tokens": .object(tokens),
        ]
        return try box.seal(content, random: random)
    }

    /// Opens what was sealed for this account; throws for anything else.
    package func open(_ sealed: [UInt8], of account: AccountKey) throws -> JSONObject {
        if sealed.isEmpty { return JSONObject() }
        let content = try box.open(sealed)
        guard let provider = content["provider"]?.string, let name = content["account"]?.string,
            AccountKey(provider: provider, providerAccountID: name) == account,
            let tokens = content["tokens"]?.object
        else { throw TokenError.claims }
        return tokens
    }
}
