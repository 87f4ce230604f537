import JOSE

/// The deployment's secrets in their order: the first seals, all open. So a secret is changed without signing anybody
/// out: put the new one first on every node, and drop the old one when its last token has expired.
package struct SecretRing: Sendable {
    package let secrets: [Secret]

    /// At least one secret.
    package init?(_ secrets: [Secret]) {
        guard !secrets.isEmpty else { return nil }
        self.secrets = secrets
    }

    /// The secret that seals.
    var first: Secret { secrets[0] }

    /// The `info` of HKDF that NextAuth.js uses, for a salt that is empty or a cookie's name (contract 3.1).
    static func nextAuthInfo(salt: String) -> String {
        let text = "NextAuth.js Generated Encryption Key"
        return salt.isEmpty ? text : "\(text) (\(salt))"
    }
}

extension Secret {
    /// A key that NextAuth.js derives from the same secret.
    func nextAuthKey(salt: String, length: Int = 32) throws(JOSEError) -> SecretBytes {
        try HKDF.derive(
            secret: bytes, salt: Array(salt.utf8), info: Array(SecretRing.nextAuthInfo(salt: salt).utf8), length: length
        )
    }

    /// A key of our own for one purpose; keys for different purposes tell nothing of each other.
    func key(for purpose: String, length: Int = 32) throws(JOSEError) -> SecretBytes {
        try HKDF.derive(secret: bytes, salt: [], info: Array("Tessera \(purpose)".utf8), length: length)
    }

    /// Names the secret in the `kid` of its tokens; tells nothing of it.
    func keyID() throws(JOSEError) -> String {
        Base64URL.encode(try key(for: "key id", length: 6).revealed())
    }
}
