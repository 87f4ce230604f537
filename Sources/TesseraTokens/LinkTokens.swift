import JOSE

/// The tokens of sign-in links in e-mails, and the digests that a store keeps instead of what it must not know.
package struct LinkTokens: Sendable {
    private let ring: SecretRing
    private let attemptKey: HMACSHA256

    package init(ring: SecretRing) throws {
        self.ring = ring
        attemptKey = try HMACSHA256(key: try ring.first.key(for: "attempt limits"))
    }

    /// A new token: 32 random bytes in hexadecimal (contract 5.5).
    package func make(random: RandomBytes) -> String { Hex.encode(random.bytes(32)) }

    /// What a store keeps of a token: `hex(SHA-256(token + secret))`, as NextAuth.js does.
    ///
    /// - Parameter secret: the provider's own secret in place of the deployment's.
    package func hash(of token: String, secret: Secret? = nil) throws -> String {
        try Self.hash(token, secret ?? ring.first)
    }

    /// What a token may have been kept as: one hash for every secret of the ring.
    package func hashes(of token: String, secret: Secret? = nil) throws -> [String] {
        try (secret.map { [$0] } ?? ring.secrets).map { try Self.hash(token, $0) }
    }

    private static func hash(_ token: String, _ secret: Secret) throws -> String {
        Hex.encode(try SHA256.hash(Array(token.utf8) + secret.bytes.revealed()))
    }

    /// A digest of what is limited, from which a reader of the store learns nothing.
    package func digest(_ purpose: String, _ value: String) throws -> [UInt8] {
        Array(try attemptKey.authenticate(Array("\(purpose)\0\(value)".utf8)).prefix(16))
    }
}
