import JOSE

/// Double-submit tokens against cross-site request forgery, signed with the secret (contract 2.3).
///
/// The cookie carries `token|hash`, where the hash is the SHA-256 of token and secret in hexadecimal; a form repeats
/// the token. Any secret of the ring verifies, the first one signs.
package struct CSRFTokens: Sendable {
    private let ring: SecretRing

    package init(ring: SecretRing) { self.ring = ring }

    /// A new token: 32 random bytes in hexadecimal, 64 characters.
    package func make(random: RandomBytes) -> String { Hex.encode(random.bytes(32)) }

    /// What the cookie carries for a token.
    package func cookieValue(for token: String) throws -> String {
        "\(token)|\(String(decoding: try Self.hash(Array(token.utf8), ring.first), as: UTF8.self))"
    }

    /// The token in a cookie's value; `nil` where there is none that one of our secrets has signed.
    ///
    /// Works on bytes: it runs on every request.
    package func token(inCookie value: String?) -> String? {
        guard let value = value?.utf8, value.count <= 512 else { return nil }
        let parts = value.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { return nil }
        let (token, signature) = (Array(parts[0]), Array(parts[1]))
        let isSigned = ring.secrets.contains { secret in
            guard let hash = try? Self.hash(token, secret) else { return false }
            return constantTimeEqual(hash, signature)
        }
        return isSigned ? String(Substring(parts[0])) : nil
    }

    /// Whether a form repeats the cookie's token.
    package func matches(_ submitted: String?, _ token: String) -> Bool {
        guard let submitted else { return false }
        return constantTimeEqual(Array(submitted.utf8), Array(token.utf8))
    }

    /// The digits of the hash.
    private static func hash(_ token: [UInt8], _ secret: Secret) throws(JOSEError) -> [UInt8] {
        Hex.digits(try SHA256.hash(token + secret.bytes.revealed()))
    }
}
