internal import COpenSSL

/// HMAC (RFC 2104) with one key, ready to authenticate any number of messages from any number of threads.
final class HMACKey: Sendable {
    // A keyed context that is only ever copied. Its address, because pointers are not Sendable.
    private let template: UInt
    private let digest: DigestAlgorithm

    init(_ key: SecretBytes, _ digest: DigestAlgorithm) throws(JOSEError) {
        guard let context = unsafe EVP_MAC_CTX_new(try OpenSSLAlgorithm.hmac()) else {
            throw openSSLFailure(.cryptographyUnavailable, "no memory for HMAC")
        }
        var parameters = OpenSSLParameters()
        parameters.add("digest", text: digest.name)
        let status = unsafe parameters.withList { list in
            unsafe key.withBytes { bytes in unsafe EVP_MAC_init(context, bytes.baseAddress, bytes.count, list) }
        }
        template = UInt(bitPattern: context)
        self.digest = digest
        guard status == 1 else { throw openSSLFailure(.cryptographyUnavailable, "HMAC takes no key") }
    }

    deinit { unsafe EVP_MAC_CTX_free(OpaquePointer(bitPattern: template)) }

    /// The authentication code of the parts, one after the other.
    func authenticate(_ parts: ArraySlice<UInt8>...) throws(JOSEError) -> [UInt8] {
        guard let context = unsafe EVP_MAC_CTX_dup(OpaquePointer(bitPattern: template)) else {
            throw openSSLFailure(.cryptographyUnavailable, "no memory for HMAC")
        }
        defer { unsafe EVP_MAC_CTX_free(context) }
        for part in parts {
            let status = unsafe part.withUnsafeBufferPointer { bytes in
                unsafe EVP_MAC_update(context, bytes.baseAddress, bytes.count)
            }
            guard status == 1 else { throw openSSLFailure(.cryptographyUnavailable, "HMAC failed") }
        }
        var code = [UInt8](repeating: 0, count: digest.length)
        let status = unsafe code.withUnsafeMutableBufferPointer { target in
            unsafe EVP_MAC_final(context, target.baseAddress, nil, target.count)
        }
        guard status == 1 else { throw openSSLFailure(.cryptographyUnavailable, "HMAC failed") }
        return code
    }
}

/// HMAC with SHA-256 (RFC 2104), for identifiers and short codes.
///
/// Make it once for a key and use it from any thread.
package struct HMACSHA256: Sendable {
    private let key: HMACKey

    /// Ready to authenticate with this key, of any length.
    package init(key: SecretBytes) throws(JOSEError) { self.key = try HMACKey(key, .sha256) }

    /// The 32-byte code of a message.
    package func authenticate(_ message: [UInt8]) throws(JOSEError) -> [UInt8] {
        try key.authenticate(message[...])
    }

    /// Whether `code` is this key's code of the message, or its first bytes where it is shorter (at least
    /// 16 bytes). Compares in constant time.
    package func isValid(_ code: [UInt8], for message: [UInt8]) throws(JOSEError) -> Bool {
        guard (16...32).contains(code.count) else { return false }
        return constantTimeEqual(code, Array(try authenticate(message).prefix(code.count)))
    }
}

/// HMAC with SHA-1 (RFC 2104), which OAuth 1.0a signs requests with (RFC 5849, section 3.4.2). For nothing else.
package enum HMACSHA1 {
    /// The 20-byte code of a message.
    package static func authenticate(_ message: [UInt8], key: SecretBytes) throws(JOSEError) -> [UInt8] {
        try HMACKey(key, .sha1).authenticate(message[...])
    }
}
