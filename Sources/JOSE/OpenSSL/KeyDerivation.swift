internal import COpenSSL

/// HKDF with SHA-256 (RFC 5869).
package enum HKDF {
    /// Derives `length` bytes (1 to 8160) from a secret; `salt` and `info` may be empty.
    package static func derive(
        secret: SecretBytes, salt: [UInt8], info: [UInt8], length: Int
    ) throws(JOSEError) -> SecretBytes {
        guard (1...255 * 32).contains(length) else {
            throw JOSEError(.requestInvalid, "HKDF gives 1 to 8160 bytes")
        }
        guard secret.count > 0 else { throw JOSEError(.keyLength, "the secret is empty") }
        var parameters = OpenSSLParameters()
        parameters.add("digest", text: DigestAlgorithm.sha256.name)
        parameters.add("key", bytes: secret)
        if !salt.isEmpty { parameters.add("salt", bytes: SecretBytes(salt)) }
        if !info.isEmpty { parameters.add("info", bytes: SecretBytes(info)) }
        return try KeyDerivation.derive(.hkdf, parameters, length: length)
    }

    /// Derives bytes from the UTF-8 of texts, as NextAuth.js does with its secret.
    package static func derive(
        secret: String, salt: String, info: String, length: Int
    ) throws(JOSEError) -> SecretBytes {
        try derive(secret: SecretBytes(secret.utf8), salt: Array(salt.utf8), info: Array(info.utf8), length: length)
    }
}

enum KeyDerivation {
    /// PBKDF2 (RFC 8018, section 5.2) with HMAC.
    static func passwordBased(
        _ password: SecretBytes, salt: [UInt8], count: Int, digest: DigestAlgorithm, length: Int
    ) throws(JOSEError) -> SecretBytes {
        var parameters = OpenSSLParameters()
        parameters.add("digest", text: digest.name)
        parameters.add("pass", bytes: password)
        parameters.add("salt", bytes: SecretBytes(salt))
        parameters.add("iter", number: count)
        return try derive(.pbkdf2, parameters, length: length)
    }

    /// The Concat KDF of NIST SP 800-56A with SHA-256, as RFC 7518, section 4.6.2, uses it.
    static func concatenation(
        _ sharedSecret: SecretBytes, algorithm: String, partyU: [UInt8], partyV: [UInt8], length: Int
    ) throws(JOSEError) -> SecretBytes {
        let information =
            prefixed(Array(algorithm.utf8)) + prefixed(partyU) + prefixed(partyV) + bigEndian(UInt32(length * 8))
        var parameters = OpenSSLParameters()
        parameters.add("digest", text: DigestAlgorithm.sha256.name)
        parameters.add("key", bytes: sharedSecret)
        parameters.add("info", bytes: SecretBytes(information))
        return try derive(.concatenation, parameters, length: length)
    }

    private static func prefixed(_ bytes: [UInt8]) -> [UInt8] { bigEndian(UInt32(clamping: bytes.count)) + bytes }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    fileprivate static func derive(
        _ function: OpenSSLAlgorithm.Derivation, _ parameters: consuming OpenSSLParameters, length: Int
    ) throws(JOSEError) -> SecretBytes {
        guard let context = unsafe EVP_KDF_CTX_new(try function.object()) else {
            throw openSSLFailure(.cryptographyUnavailable, "no memory for a key derivation")
        }
        defer { unsafe EVP_KDF_CTX_free(context) }
        let derived = unsafe parameters.withList { list in
            unsafe SecretBytes(
                count: length,
                filledIf: { target in
                    unsafe EVP_KDF_derive(context, target.baseAddress, target.count, list) == 1
                })
        }
        guard let derived else { throw openSSLFailure(.cryptographyUnavailable, "the key derivation failed") }
        return derived
    }
}
