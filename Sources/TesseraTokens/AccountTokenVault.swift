import JOSE
package import JSON
package import TesseraCore

/// Seals providers' tokens for the store, with a key that is used for nothing else. A sealed text opens for the account
/// only that it was made for.
package struct AccountTokenVault: Sendable {
    private let sealer: JWESealer
    private let keys: JWKSet
    private let policy = JWEPolicy(algorithms: [.direct], encryptions: [.a256GCM], types: .any)

    /// Any secret of the ring opens, the first one seals.
    package init(ring: SecretRing) throws {
        let keys = try ring.secrets.map { secret in
            try JWK(
                secret: try secret.key(for: "provider tokens"),
                restrictions: JWK.Restrictions(kid: try secret.keyID()))
        }
        sealer = try JWESealer(
            key: keys[0], alg: .direct, enc: .a256GCM, header: HeaderParameters(kid: keys[0].kid))
        self.keys = JWKSet(keys)
    }

    /// Seals the tokens of an account; nothing where there are none.
    package func seal(_ tokens: JSONObject, of account: AccountKey, random: RandomBytes) throws -> [UInt8] {
        if tokens.isEmpty { return [] }
        let content: JSONObject = [
            "provider": .string(account.provider), "account": .string(account.providerAccountID),
            "tokens": .object(tokens),
        ]
        return Array(try sealer.seal(content.serialized(), random: random).utf8)
    }

    /// Opens what was sealed for this account; throws for anything else.
    package func open(_ sealed: [UInt8], of account: AccountKey) throws -> JSONObject {
        if sealed.isEmpty { return JSONObject() }
        let text = String(decoding: sealed, as: UTF8.self)
        let content = try JSONObject(parsing: try JWE.open(text, accepting: policy, keys: keys).plaintext)
        guard let provider = content["provider"]?.string, let name = content["account"]?.string,
            AccountKey(provider: provider, providerAccountID: name) == account,
            let tokens = content["tokens"]?.object
        else { throw TokenError.claims }
        return tokens
    }
}
