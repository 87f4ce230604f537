internal import COpenSSL

/// AES-CBC with PKCS #7 padding (NIST SP 800-38A, RFC 5652, section 6.3). Without authentication: only
/// `A…CBC-HS…` uses it, after its tag was checked.
enum AESCBC {
    static let vectorCount = 16

    static func seal(_ plaintext: [UInt8], key: SecretBytes, vector: [UInt8]) throws(JOSEError) -> [UInt8] {
        guard let sealed = try run(plaintext[...], key, vector[...], isSealing: true) else {
            throw openSSLFailure(.cryptographyUnavailable, "AES-CBC failed")
        }
        return sealed
    }

    /// The plaintext, or `nil` where the padding is wrong.
    static func open(
        _ ciphertext: ArraySlice<UInt8>, key: SecretBytes, vector: ArraySlice<UInt8>
    ) throws(JOSEError) -> [UInt8]? {
        try run(ciphertext, key, vector, isSealing: false)
    }

    private static func run(
        _ input: ArraySlice<UInt8>, _ key: SecretBytes, _ vector: ArraySlice<UInt8>, isSealing: Bool
    ) throws(JOSEError) -> [UInt8]? {
        let ciphers: [Int: OpenSSLAlgorithm.Cipher] = [16: .aes128CBC, 24: .aes192CBC, 32: .aes256CBC]
        guard let cipher = ciphers[key.count], vector.count == vectorCount else {
            throw JOSEError(.keyLength, "AES-CBC takes no key or vector of this length")
        }
        return try CipherRun.whole(
            cipher, key: key, vector: Array(vector), input: input, room: input.count + 16, isSealing: isSealing,
            allowWrapping: false)
    }
}

/// AES key wrap (RFC 3394).
enum AESKeyWrap {
    static func wrap(_ secret: SecretBytes, with key: SecretBytes) throws(JOSEError) -> [UInt8] {
        var revealed = secret.revealed()
        defer { revealed.cleanse() }
        guard let wrapped = try run(revealed[...], key, isSealing: true) else {
            throw openSSLFailure(.cryptographyUnavailable, "AES key wrap failed")
        }
        return wrapped
    }

    /// The wrapped secret, or `nil` where it was wrapped with another key or changed.
    static func unwrap(_ wrapped: ArraySlice<UInt8>, with key: SecretBytes) throws(JOSEError) -> SecretBytes? {
        guard wrapped.count >= 24, wrapped.count.isMultiple(of: 8) else { return nil }
        guard var revealed = try run(wrapped, key, isSealing: false) else {
            ERR_clear_error()
            return nil
        }
        defer { revealed.cleanse() }
        return SecretBytes(revealed)
    }

    private static func run(
        _ input: ArraySlice<UInt8>, _ key: SecretBytes, isSealing: Bool
    ) throws(JOSEError) -> [UInt8]? {
        let ciphers: [Int: OpenSSLAlgorithm.Cipher] = [16: .aes128Wrap, 24: .aes192Wrap, 32: .aes256Wrap]
        guard let cipher = ciphers[key.count] else {
            throw JOSEError(.keyLength, "AES key wrap takes no key of this length")
        }
        return try CipherRun.whole(
            cipher, key: key, vector: nil, input: input, room: input.count + 16, isSealing: isSealing,
            allowWrapping: true)
    }
}

/// One message through one cipher.
private enum CipherRun {
    static func whole(
        _ cipher: OpenSSLAlgorithm.Cipher, key: SecretBytes, vector: [UInt8]?, input: ArraySlice<UInt8>, room: Int,
        isSealing: Bool, allowWrapping: Bool
    ) throws(JOSEError) -> [UInt8]? {
        let algorithm = try unsafe cipher.object()
        guard let context = unsafe EVP_CIPHER_CTX_new() else {
            throw openSSLFailure(.cryptographyUnavailable, "no memory for AES")
        }
        defer { unsafe EVP_CIPHER_CTX_free(context) }
        if allowWrapping { unsafe EVP_CIPHER_CTX_set_flags(context, Int32(EVP_CIPHER_CTX_FLAG_WRAP_ALLOW)) }
        let isReady = unsafe key.withBytes { bytes in
            unsafe EVP_CipherInit_ex2(context, algorithm, bytes.baseAddress, vector, isSealing ? 1 : 0, nil) == 1
        }
        guard isReady else { throw openSSLFailure(.cryptographyUnavailable, "AES takes no key") }
        var isDone = false
        let output = unsafe [UInt8](unsafeUninitializedCapacity: room) { target, initialised in
            unsafe input.withUnsafeBufferPointer { source in
                var first: Int32 = 0
                var last: Int32 = 0
                guard let start = target.baseAddress else { return }
                isDone =
                    unsafe EVP_CipherUpdate(context, start, &first, source.baseAddress, Int32(source.count)) == 1
                    && EVP_CipherFinal_ex(context, start + Int(first), &last) == 1
                initialised = isDone ? Int(first + last) : 0
                if !isDone { unsafe OPENSSL_cleanse(start, room) }
            }
        }
        return isDone ? output : nil
    }
}
