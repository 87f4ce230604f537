/// The curves of RFC 7518, section 6.2.1.1, and RFC 8037, section 2: `crv`.
package enum Curve: String, Sendable, CaseIterable {
    /// NIST P-256, for `ES256` and `ECDH-ES`.
    case p256 = "P-256"
    /// NIST P-384, for `ES384` and `ECDH-ES`.
    case p384 = "P-384"
    /// NIST P-521, for `ES512` and `ECDH-ES`.
    case p521 = "P-521"
    /// Edwards 25519, for `EdDSA`.
    case ed25519 = "Ed25519"
    /// Edwards 448, for `EdDSA`.
    case ed448 = "Ed448"
    /// Montgomery 25519, for `ECDH-ES`.
    case x25519 = "X25519"
    /// Montgomery 448, for `ECDH-ES`.
    case x448 = "X448"

    /// The type of keys on this curve.
    package var keyType: KeyType {
        switch self {
        case .p256, .p384, .p521: .ellipticCurve
        case .ed25519, .ed448, .x25519, .x448: .octetKeyPair
        }
    }

    /// Length in bytes of a coordinate, and of the private part.
    package var coordinateCount: Int {
        switch self {
        case .p256, .ed25519, .x25519: 32
        case .p384: 48
        case .p521: 66
        case .ed448: 57
        case .x448: 56
        }
    }

    /// Whether `ECDH-ES` works on it.
    var agrees: Bool {
        switch self {
        case .p256, .p384, .p521, .x25519, .x448: true
        case .ed25519, .ed448: false
        }
    }

    /// OpenSSL's name for the curve or the key type.
    var openSSLName: String {
        switch self {
        case .p256: "prime256v1"
        case .p384: "secp384r1"
        case .p521: "secp521r1"
        case .ed25519: "ED25519"
        case .ed448: "ED448"
        case .x25519: "X25519"
        case .x448: "X448"
        }
    }
}

/// The key types of RFC 7518, section 6.1, and RFC 8037, section 2: `kty`.
package enum KeyType: String, Sendable, CaseIterable {
    /// A symmetric key.
    case octets = "oct"
    /// An RSA key.
    case rsa = "RSA"
    /// A key on a NIST curve.
    case ellipticCurve = "EC"
    /// A key on an Edwards or Montgomery curve.
    case octetKeyPair = "OKP"
}
