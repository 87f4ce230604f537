/// How the content of a JWE is encrypted and authenticated: `enc` (RFC 7518, section 5).
package enum ContentEncryption: String, Sendable, CaseIterable {
    /// AES-128 in CBC mode with HMAC SHA-256, truncated to 128 bits.
    case a128CBCHS256 = "A128CBC-HS256"
    /// AES-192 in CBC mode with HMAC SHA-384, truncated to 192 bits.
    case a192CBCHS384 = "A192CBC-HS384"
    /// AES-256 in CBC mode with HMAC SHA-512, truncated to 256 bits.
    case a256CBCHS512 = "A256CBC-HS512"
    /// AES-128 in Galois/Counter Mode.
    case a128GCM = "A128GCM"
    /// AES-192 in Galois/Counter Mode.
    case a192GCM = "A192GCM"
    /// AES-256 in Galois/Counter Mode.
    case a256GCM = "A256GCM"

    /// Length of the content encryption key in bytes.
    package var keyCount: Int {
        switch self {
        case .a128GCM: 16
        case .a192GCM: 24
        case .a256GCM, .a128CBCHS256: 32
        case .a192CBCHS384: 48
        case .a256CBCHS512: 64
        }
    }

    /// Length of the initialisation vector in bytes.
    var vectorCount: Int {
        switch self {
        case .a128GCM, .a192GCM, .a256GCM: AESGCMKey.vectorCount
        case .a128CBCHS256, .a192CBCHS384, .a256CBCHS512: AESCBC.vectorCount
        }
    }

    /// Length of the authentication tag in bytes.
    var tagCount: Int {
        switch self {
        case .a128GCM, .a192GCM, .a256GCM, .a128CBCHS256: 16
        case .a192CBCHS384: 24
        case .a256CBCHS512: 32
        }
    }

    private var digest: DigestAlgorithm? {
        switch self {
        case .a128CBCHS256: .sha256
        case .a192CBCHS384: .sha384
        case .a256CBCHS512: .sha512
        case .a128GCM, .a192GCM, .a256GCM: nil
        }
    }

    /// The plaintext, or `decryption_failed` for whatever reason.
    func open(
        _ content: SealedContent, with key: SymmetricKey, additionalData: ArraySlice<UInt8>
    ) throws(JOSEError) -> [UInt8] {
        guard key.secret.count == keyCount else {
            throw JOSEError(.decryptionFailed, "not sealed with this key, or changed")
        }
        if let digest { return try openAuthenticated(content, key, digest, additionalData) }
        guard let cipher = key.cipher else {
            throw JOSEError(.decryptionFailed, "not sealed with this key, or changed")
        }
        return try cipher.open(content, additionalData: additionalData)
    }

    /// The ciphertext and its tag.
    func seal(
        _ plaintext: [UInt8], with key: SymmetricKey, vector: [UInt8], additionalData: ArraySlice<UInt8>
    ) throws(JOSEError) -> (ciphertext: [UInt8], tag: [UInt8]) {
        guard key.secret.count == keyCount else {
            throw JOSEError(.keyLength, "\(rawValue) takes a key of \(keyCount) bytes")
        }
        guard let digest else {
            guard let cipher = key.cipher else {
                throw JOSEError(.keyLength, "\(rawValue) takes a key of \(keyCount) bytes")
            }
            return try cipher.seal(plaintext, vector: vector, additionalData: additionalData)
        }
        let half = keyCount / 2
        let ciphertext = try AESCBC.seal(plaintext, key: key.secret.part(half..<keyCount), vector: vector)
        let tag = try tag(key, digest, additionalData, vector[...], ciphertext[...])
        return (ciphertext, tag)
    }

    /// RFC 7518, section 5.2.2.2: the tag first, and only then the padding.
    private func openAuthenticated(
        _ content: SealedContent, _ key: SymmetricKey, _ digest: DigestAlgorithm, _ additionalData: ArraySlice<UInt8>
    ) throws(JOSEError) -> [UInt8] {
        let vector = content.bytes[content.vector]
        let ciphertext = content.bytes[content.ciphertext]
        let expected = try tag(key, digest, additionalData, vector, ciphertext)
        guard constantTimeEqual(expected, Array(content.bytes[content.tag])),
            let plaintext = try AESCBC.open(ciphertext, key: key.secret.part(keyCount / 2..<keyCount), vector: vector)
        else { throw openSSLFailure(.decryptionFailed, "not sealed with this key, or changed") }
        return plaintext
    }

    private func tag(
        _ key: SymmetricKey, _ digest: DigestAlgorithm, _ additionalData: ArraySlice<UInt8>,
        _ vector: ArraySlice<UInt8>, _ ciphertext: ArraySlice<UInt8>
    ) throws(JOSEError) -> [UInt8] {
        let bitCount = UInt64(additionalData.count) * 8
        let length = (0..<8).map { UInt8(truncatingIfNeeded: bitCount >> (56 - 8 * UInt64($0))) }
        let code = try key.code(digest, first: keyCount / 2)
            .authenticate(additionalData, vector, ciphertext, length[...])
        return Array(code.prefix(tagCount))
    }
}
