internal import COpenSSL

/// The numbers of an RSA private key beyond modulus and exponents (RFC 8017, section 3.2), in the order of
/// RFC 7518, section 6.3.2: p, q, dp, dq, qi.
struct RSAFactors {
    let numbers: [SecretBytes]

    /// Where OpenSSL has them.
    static let names: [StaticString] = [
        "rsa-factor1", "rsa-factor2", "rsa-exponent1", "rsa-exponent2", "rsa-coefficient1",
    ]
}

extension AsymmetricKey {
    /// Shorter keys are refused (RFC 7518, section 3.3), longer ones would keep a processor busy.
    static let rsaBitCounts = 2048...16_384

    /// An RSA key. Without its factors a private key works, but slowly.
    static func rsa(
        modulus: [UInt8], exponent: [UInt8], privateExponent: SecretBytes?, factors: RSAFactors?
    ) throws(JOSEError) -> AsymmetricKey {
        try check(modulus: modulus, exponent: exponent)
        var parameters = OpenSSLParameters()
        parameters.add("n", integer: SecretBytes(modulus))
        parameters.add("e", integer: SecretBytes(exponent))
        if let privateExponent { parameters.add("d", integer: privateExponent) }
        for (name, number) in zip(RSAFactors.names, factors?.numbers ?? []) {
            parameters.add(name, integer: number)
        }
        let key = try make("RSA", isPrivate: privateExponent != nil, from: parameters)
        if privateExponent != nil {
            // OpenSSL's check needs the factors. Without it wrong ones go unnoticed: it falls back to d.
            guard try factors == nil ? key.isWorking() : key.isConsistent() else {
                throw JOSEError(.keyMalformed, "the numbers make no private key")
            }
        }
        return key
    }

    private static func check(modulus: [UInt8], exponent: [UInt8]) throws(JOSEError) {
        guard let first = modulus.first, first != 0, let last = modulus.last, last & 1 == 1 else {
            throw JOSEError(.keyMalformed, "n is no modulus in its shortest form")
        }
        let bits = modulus.count * 8 - first.leadingZeroBitCount
        guard rsaBitCounts.contains(bits) else {
            throw JOSEError(.keyLength, "RSA keys have 2048 to 16384 bits")
        }
        guard let first = exponent.first, first != 0, let last = exponent.last, last & 1 == 1,
            exponent.count <= 8, exponent != [1]
        else { throw JOSEError(.keyMalformed, "e is no exponent in its shortest form") }
    }

    /// Whether what the private part signs the public part verifies.
    private func isWorking() throws(JOSEError) -> Bool {
        let message = Array("consistency".utf8)[...]
        let scheme = SignatureScheme.rsaPKCS1(.sha256)
        do throws(JOSEError) {
            let signature = try sign(message, scheme)
            return try isValid(signature[...], of: message, scheme)
        } catch {
            return false
        }
    }

    /// A new RSA key with exponent 65537. OpenSSL takes the random bytes from its own generator.
    static func generateRSA(bitCount: Int) throws(JOSEError) -> AsymmetricKey {
        guard rsaBitCounts.contains(bitCount), bitCount.isMultiple(of: 8) else {
            throw JOSEError(.requestInvalid, "RSA keys have 2048 to 16384 bits, in whole bytes")
        }
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "RSA", nil) else {
            throw openSSLFailure(.cryptographyUnavailable, "this OpenSSL lacks RSA")
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1,
            unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bitCount)) == 1,
            unsafe EVP_PKEY_generate(context, &key) == 1, let key = unsafe key
        else { throw openSSLFailure(.cryptographyUnavailable, "no RSA key could be made") }
        return unsafe AsymmetricKey(owning: key, isPrivate: true)
    }
}

// MARK: - Encryption of keys

/// How RSA pads a key that it encrypts.
enum RSAEncryptionPadding {
    /// RSAES-PKCS1-v1_5.
    case pkcs1
    /// RSAES-OAEP with MGF1, both over the digest.
    case oaep(DigestAlgorithm)
}

extension AsymmetricKey {
    /// The secret, encrypted to this public key.
    func encrypt(_ secret: SecretBytes, _ padding: RSAEncryptionPadding) throws(JOSEError) -> [UInt8] {
        let encrypted = try unsafe withContext { (context) throws(JOSEError) -> [UInt8]? in
            guard unsafe EVP_PKEY_encrypt_init(context) == 1, unsafe Self.set(padding, context) else { return nil }
            var output = [UInt8](repeating: 0, count: (bitCount + 7) / 8)
            var count = output.count
            let status = unsafe secret.withBytes { bytes in
                unsafe EVP_PKEY_encrypt(context, &output, &count, bytes.baseAddress, bytes.count)
            }
            return status == 1 && count == output.count ? output : nil
        }
        guard let encrypted else { throw openSSLFailure(.cryptographyUnavailable, "RSA encryption failed") }
        return encrypted
    }

    /// The secret that was encrypted with OAEP, or `nil`.
    func decryptOAEP(_ encrypted: ArraySlice<UInt8>, _ digest: DigestAlgorithm) throws(JOSEError) -> SecretBytes? {
        try unsafe withContext { (context) throws(JOSEError) -> SecretBytes? in
            defer { ERR_clear_error() }
            guard unsafe EVP_PKEY_decrypt_init(context) == 1, unsafe Self.set(.oaep(digest), context) else {
                throw openSSLFailure(.cryptographyUnavailable, "this OpenSSL lacks RSA-OAEP")
            }
            return unsafe decrypt(encrypted, context)
        }
    }

    /// The secret of exactly `fallback.count` bytes that was encrypted with PKCS #1 v1.5, or `fallback` if
    /// there is none. Which of the two it was shows neither in the result's form nor in the time (RFC 7516,
    /// section 11.5; RFC 3218).
    ///
    /// As the length is known, the padding is known byte for byte but for its random part. So OpenSSL only
    /// does the arithmetic, and the block is checked here without a branch on what it contains.
    func decryptPKCS1(
        _ encrypted: ArraySlice<UInt8>, fallback: SecretBytes
    ) throws(JOSEError) -> SecretBytes {
        let size = (bitCount + 7) / 8
        let block = try unsafe withContext { (context) throws(JOSEError) -> SecretBytes? in
            defer { ERR_clear_error() }
            guard unsafe EVP_PKEY_decrypt_init(context) == 1,
                unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1
            else { throw openSSLFailure(.cryptographyUnavailable, "this OpenSSL lacks RSA decryption") }
            return unsafe decrypt(encrypted, context)
        }
        // A number above the modulus has no block; the length of what was sent is no secret.
        let readable = block ?? SecretBytes([UInt8](repeating: 0, count: size))
        let start = size - fallback.count
        return unsafe readable.withBytes { block in
            var wrong = unsafe block[0] | (block[1] ^ 2) | block[start - 1]
            for index in 2..<start - 1 { wrong |= unsafe Self.isZero(block[index]) }
            let mask = 0 &- Self.isZero(wrong)
            return unsafe fallback.withBytes { other in
                unsafe SecretBytes(
                    count: other.count,
                    filledIf: { target in
                        for index in 0..<other.count {
                            unsafe target[index] = (block[start + index] & mask) | (other[index] & ~mask)
                        }
                        return true
                    }) ?? fallback
            }
        }
    }

    /// 1 for 0, 0 for everything else, without a branch.
    private static func isZero(_ byte: UInt8) -> UInt8 {
        UInt8(truncatingIfNeeded: (UInt32(byte) &- 1) >> 31)
    }

    private func decrypt(_ encrypted: ArraySlice<UInt8>, _ context: OpaquePointer) -> SecretBytes? {
        let size = (bitCount + 7) / 8
        var count = size
        let room = unsafe SecretBytes(
            count: size,
            filledIf: { target in
                unsafe encrypted.withUnsafeBufferPointer { source in
                    unsafe EVP_PKEY_decrypt(context, target.baseAddress, &count, source.baseAddress, source.count) == 1
                }
            })
        return room.map { $0.part(0..<count) }
    }

    private static func set(_ padding: RSAEncryptionPadding, _ context: OpaquePointer) -> Bool {
        switch padding {
        case .pkcs1:
            unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
        case .oaep(let digest):
            unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1
                && EVP_PKEY_CTX_set_rsa_oaep_md_name(context, digest.name, nil) == 1
                && EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, digest.name, nil) == 1
        }
    }
}
