/// How a JWS is signed: `alg` (RFC 7518, section 3; RFC 8037, section 3.1). There is no `none`.
package enum SignatureAlgorithm: String, Sendable, CaseIterable {
    /// HMAC with SHA-256.
    case hs256 = "HS256"
    /// HMAC with SHA-384.
    case hs384 = "HS384"
    /// HMAC with SHA-512.
    case hs512 = "HS512"
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    case rs256 = "RS256"
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    case rs384 = "RS384"
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    case rs512 = "RS512"
    /// RSASSA-PSS with SHA-256.
    case ps256 = "PS256"
    /// RSASSA-PSS with SHA-384.
    case ps384 = "PS384"
    /// RSASSA-PSS with SHA-512.
    case ps512 = "PS512"
    /// ECDSA on P-256 with SHA-256.
    case es256 = "ES256"
    /// ECDSA on P-384 with SHA-384.
    case es384 = "ES384"
    /// ECDSA on P-521 with SHA-512.
    case es512 = "ES512"
    /// EdDSA on Ed25519 or Ed448.
    case edDSA = "EdDSA"

    private var digest: DigestAlgorithm {
        switch self {
        case .hs256, .rs256, .ps256, .es256: .sha256
        case .hs384, .rs384, .ps384, .es384: .sha384
        case .hs512, .rs512, .ps512, .es512, .edDSA: .sha512
        }
    }

    /// How the key must sign; `nil` for HMAC.
    private var scheme: SignatureScheme? {
        switch self {
        case .hs256, .hs384, .hs512: nil
        case .rs256, .rs384, .rs512: .rsaPKCS1(digest)
        case .ps256, .ps384, .ps512: .rsaPSS(digest)
        case .es256: .ecdsa(.sha256, .p256)
        case .es384: .ecdsa(.sha384, .p384)
        case .es512: .ecdsa(.sha512, .p521)
        case .edDSA: .eddsa
        }
    }

    /// Refuses a key that is not of the algorithm's family, curve or length, or is meant for something else.
    func check(_ key: JWK, signing: Bool) throws(JOSEError) {
        switch (scheme, key.material) {
        case (nil, .octets), (.rsaPKCS1, .rsa), (.rsaPSS, .rsa), (.eddsa, .curve(.ed25519, _)),
            (.eddsa, .curve(.ed448, _)):
            break
        case (.ecdsa(_, let required), .curve(let curve, _)) where curve == required: break
        default: throw JOSEError(.keyUnsuitable, "the key is not of the algorithm's family")
        }
        try key.checkRestrictions(
            for: KeyUse(
                use: "sig", operations: [signing ? "sign" : "verify"], algorithms: [rawValue],
                needsPrivatePart: signing))
        // RFC 7518, section 3.2: a key of the hash value's length or longer.
        if case .octets(let secret) = key.material, secret.secret.count < digest.length {
            throw JOSEError(.keyLength, "the key is shorter than the hash value")
        }
    }

    /// The signature of a message with a key that passed `check`.
    func sign(_ message: ArraySlice<UInt8>, with key: JWK) throws(JOSEError) -> [UInt8] {
        switch (scheme, key.material) {
        case (nil, .octets(let secret)): return try secret.code(digest).authenticate(message)
        case (let scheme?, .rsa(let key)), (let scheme?, .curve(_, let key)): return try key.sign(message, scheme)
        default: throw JOSEError(.keyUnsuitable, "the key is not of the algorithm's family")
        }
    }

    /// Whether a signature is valid with a key that passed `check`.
    func isValid(
        _ signature: [UInt8], of message: ArraySlice<UInt8>, with key: JWK
    ) throws(JOSEError) -> Bool {
        switch (scheme, key.material) {
        case (nil, .octets(let secret)):
            return constantTimeEqual(try secret.code(digest).authenticate(message), signature)
        case (let scheme?, .rsa(let key)), (let scheme?, .curve(_, let key)):
            return try key.isValid(signature[...], of: message, scheme)
        default: throw JOSEError(.keyUnsuitable, "the key is not of the algorithm's family")
        }
    }
}
