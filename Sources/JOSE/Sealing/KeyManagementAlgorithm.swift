/// How the recipient of a JWE comes to the content encryption key: `alg` (RFC 7518, section 4).
package enum KeyManagementAlgorithm: String, Sendable, CaseIterable {
    /// RSAES-PKCS1-v1_5. For old systems only.
    case rsaPKCS1 = "RSA1_5"
    /// RSAES-OAEP with SHA-1.
    case rsaOAEP = "RSA-OAEP"
    /// RSAES-OAEP with SHA-256.
    case rsaOAEP256 = "RSA-OAEP-256"
    /// AES key wrap with 128 bits.
    case a128KW = "A128KW"
    /// AES key wrap with 192 bits.
    case a192KW = "A192KW"
    /// AES key wrap with 256 bits.
    case a256KW = "A256KW"
    /// The shared key encrypts the content itself.
    case direct = "dir"
    /// Agreement by ephemeral-static Diffie-Hellman on the content key.
    case ecdhES = "ECDH-ES"
    /// Agreement on a 128-bit key that wraps the content key.
    case ecdhESA128KW = "ECDH-ES+A128KW"
    /// Agreement on a 192-bit key that wraps the content key.
    case ecdhESA192KW = "ECDH-ES+A192KW"
    /// Agreement on a 256-bit key that wraps the content key.
    case ecdhESA256KW = "ECDH-ES+A256KW"
    /// AES-GCM with 128 bits around the content key.
    case a128GCMKW = "A128GCMKW"
    /// AES-GCM with 192 bits around the content key.
    case a192GCMKW = "A192GCMKW"
    /// AES-GCM with 256 bits around the content key.
    case a256GCMKW = "A256GCMKW"
    /// A password, PBKDF2 with HMAC SHA-256, and key wrap.
    case pbes2HS256A128KW = "PBES2-HS256+A128KW"
    /// A password, PBKDF2 with HMAC SHA-384, and key wrap.
    case pbes2HS384A192KW = "PBES2-HS384+A192KW"
    /// A password, PBKDF2 with HMAC SHA-512, and key wrap.
    case pbes2HS512A256KW = "PBES2-HS512+A256KW"

    /// What the algorithm does, with the numbers in which its variants differ.
    enum Method {
        case direct
        case rsa(RSAEncryptionPadding)
        case wrap(keyCount: Int)
        case gcmWrap(keyCount: Int)
        /// `wrapKeyCount` is absent where the agreed key encrypts the content itself.
        case agreement(wrapKeyCount: Int?)
        case password(DigestAlgorithm, wrapKeyCount: Int)
    }

    var method: Method {
        switch self {
        case .direct: .direct
        case .rsaPKCS1: .rsa(.pkcs1)
        case .rsaOAEP: .rsa(.oaep(.sha1))
        case .rsaOAEP256: .rsa(.oaep(.sha256))
        case .a128KW: .wrap(keyCount: 16)
        case .a192KW: .wrap(keyCount: 24)
        case .a256KW: .wrap(keyCount: 32)
        case .a128GCMKW: .gcmWrap(keyCount: 16)
        case .a192GCMKW: .gcmWrap(keyCount: 24)
        case .a256GCMKW: .gcmWrap(keyCount: 32)
        case .ecdhES: .agreement(wrapKeyCount: nil)
        case .ecdhESA128KW: .agreement(wrapKeyCount: 16)
        case .ecdhESA192KW: .agreement(wrapKeyCount: 24)
        case .ecdhESA256KW: .agreement(wrapKeyCount: 32)
        case .pbes2HS256A128KW: .password(.sha256, wrapKeyCount: 16)
        case .pbes2HS384A192KW: .password(.sha384, wrapKeyCount: 24)
        case .pbes2HS512A256KW: .password(.sha512, wrapKeyCount: 32)
        }
    }

    /// Whether the token carries no encrypted key.
    var carriesNoKey: Bool {
        switch self {
        case .direct, .ecdhES: true
        case .rsaPKCS1, .rsaOAEP, .rsaOAEP256, .a128KW, .a192KW, .a256KW, .a128GCMKW, .a192GCMKW, .a256GCMKW,
            .ecdhESA128KW, .ecdhESA192KW, .ecdhESA256KW, .pbes2HS256A128KW, .pbes2HS384A192KW, .pbes2HS512A256KW:
            false
        }
    }
}
