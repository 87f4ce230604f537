/// SHA-256 (FIPS 180-4).
package enum SHA256 {
    /// The 32-byte hash value of `bytes`. Fails only where OpenSSL lacks the algorithm.
    package static func hash(_ bytes: [UInt8]) throws(JOSEError) -> [UInt8] { try DigestAlgorithm.sha256.hash(bytes) }

    /// The 32-byte hash value of the UTF-8 of `text`.
    package static func hash(_ text: String) throws(JOSEError) -> [UInt8] { try hash(Array(text.utf8)) }
}

/// SHA-384 (FIPS 180-4).
package enum SHA384 {
    /// The 48-byte hash value of `bytes`. Fails only where OpenSSL lacks the algorithm.
    package static func hash(_ bytes: [UInt8]) throws(JOSEError) -> [UInt8] { try DigestAlgorithm.sha384.hash(bytes) }
}

/// SHA-512 (FIPS 180-4).
package enum SHA512 {
    /// The 64-byte hash value of `bytes`. Fails only where OpenSSL lacks the algorithm.
    package static func hash(_ bytes: [UInt8]) throws(JOSEError) -> [UInt8] { try DigestAlgorithm.sha512.hash(bytes) }
}
