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
        guard let value, value.utf8.count <= 512 else { return nil }
        let bytes = Array(value.utf8)
        guard let bar = bytes.firstIndex(of: UInt8(ascii: "|")), bar > 0 else { return nil }
        // A second bar would be a part of the signature, and no signature has one.
        let (token, signature) = (Array(bytes[..<bar]), Array(bytes[(bar + 1)...]))
        let isSigned = ring.secrets.contains { secret in
            guard let hash = try? Self.hash(token, secret) else { return false }
            return constantTimeEqual(hash, signature)
        }
        return isSigned ? String(decoding: token, as: UTF8.self) : nil
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
