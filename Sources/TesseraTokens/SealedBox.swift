import JOSE
import JSON

/// Seals JSON for the store, with a key that is used for one purpose and nothing else.
struct SealedBox: Sendable {
    private let sealer: JWESealer
    private let keys: JWKSet
    private let policy = JWEPolicy(algorithms: [.direct], encryptions: [.a256GCM], types: .any)

    /// Any secret of the ring opens, the first one seals.
    init(ring: SecretRing, purpose: String) throws {
        let keys = try ring.secrets.map { secret in
            try JWK(
                secret: try secret.key(for: purpose), restrictions: JWK.Restrictions(kid: try secret.keyID()))
        }
        sealer = try JWESealer(
            key: keys[0], alg: .direct, enc: .a256GCM, header: HeaderParameters(kid: keys[0].kid))
        self.keys = JWKSet(keys)
    }

    func seal(_ content: JSONObject, random: RandomBytes) throws -> [UInt8] {
        Array(try sealer.seal(content.serialized(), random: random).utf8)
    }

    /// Throws for what was not sealed here.
    func open(_ sealed: [UInt8]) throws -> JSONObject {
        let text = String(decoding: sealed, as: UTF8.self)
        return try JSONObject(parsing: try JWE.open(text, accepting: policy, keys: keys).plaintext)
    }
}
