internal import COpenSSL

/// How a private key signs.
enum SignatureScheme {
    /// RSASSA-PKCS1-v1_5.
    case rsaPKCS1(DigestAlgorithm)
    /// RSASSA-PSS with MGF1 over the same digest and a salt of the digest's length.
    case rsaPSS(DigestAlgorithm)
    /// ECDSA; the signature is both numbers, each of the curve's length (RFC 7518, section 3.4).
    case ecdsa(DigestAlgorithm, Curve)
    /// Pure EdDSA (RFC 8032).
    case eddsa

    /// EdDSA hashes on its own.
    fileprivate var digestName: String? {
        switch self {
        case .rsaPKCS1(let digest), .rsaPSS(let digest), .ecdsa(let digest, _): digest.name
        case .eddsa: nil
        }
    }
}

extension AsymmetricKey {
    /// The signature of a message.
    func sign(_ message: ArraySlice<UInt8>, _ scheme: SignatureScheme) throws(JOSEError) -> [UInt8] {
        let signature = try unsafe withSigning(scheme, verifying: false) { context -> [UInt8]? in
            unsafe message.withUnsafeBufferPointer { source in
                var count = 0
                guard unsafe EVP_DigestSign(context, nil, &count, source.baseAddress, source.count) == 1 else {
                    return nil
                }
                var output = [UInt8](repeating: 0, count: count)
                guard unsafe EVP_DigestSign(context, &output, &count, source.baseAddress, source.count) == 1 else {
                    return nil
                }
                return Array(output.prefix(count))
            }
        }
        guard let signature else { throw openSSLFailure(.cryptographyUnavailable, "the signature failed") }
        if case .ecdsa(_, let curve) = scheme { return try ECDSASignature.fixed(signature, curve) }
        return signature
    }

    /// Whether `signature` is this key's for the message.
    func isValid(
        _ signature: ArraySlice<UInt8>, of message: ArraySlice<UInt8>, _ scheme: SignatureScheme
    ) throws(JOSEError) -> Bool {
        var encoded = Array(signature)
        if case .ecdsa(_, let curve) = scheme {
            guard signature.count == 2 * curve.coordinateCount else { return false }
            encoded = try ECDSASignature.encoded(encoded)
        }
        return try unsafe withSigning(scheme, verifying: true) { context in
            defer { ERR_clear_error() }
            return unsafe message.withUnsafeBufferPointer { source in
                unsafe EVP_DigestVerify(context, encoded, encoded.count, source.baseAddress, source.count) == 1
            }
        }
    }

    private func withSigning<R>(
        _ scheme: SignatureScheme, verifying: Bool, _ body: (OpaquePointer) -> R
    ) throws(JOSEError) -> R {
        try unsafe withObject { (key) throws(JOSEError) -> R in
            guard let context = unsafe EVP_MD_CTX_new() else {
                throw openSSLFailure(.cryptographyUnavailable, "no memory for a signature")
            }
            defer { unsafe EVP_MD_CTX_free(context) }
            var parameters: OpaquePointer?
            let name = scheme.digestName
            let status =
                verifying
                ? unsafe EVP_DigestVerifyInit_ex(context, &parameters, name, nil, nil, key, nil)
                : unsafe EVP_DigestSignInit_ex(context, &parameters, name, nil, nil, key, nil)
            guard status == 1, unsafe Self.set(scheme, parameters) else {
                throw openSSLFailure(.cryptographyUnavailable, "this OpenSSL lacks the signature")
            }
            return unsafe body(context)
        }
    }

    private static func set(_ scheme: SignatureScheme, _ context: OpaquePointer?) -> Bool {
        switch scheme {
        case .rsaPKCS1:
            unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
        case .rsaPSS(let digest):
            unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
                && EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, digest.name, nil) == 1
                && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, Int32(digest.length)) == 1
        case .ecdsa, .eddsa: true
        }
    }
}

/// Between OpenSSL's DER and the two numbers of JOSE.
private enum ECDSASignature {
    static func fixed(_ encoded: [UInt8], _ curve: Curve) throws(JOSEError) -> [UInt8] {
        let count = curve.coordinateCount
        var output = [UInt8](repeating: 0, count: 2 * count)
        let isDone = unsafe encoded.withUnsafeBufferPointer { source in
            var start = source.baseAddress
            guard let signature = unsafe d2i_ECDSA_SIG(nil, &start, source.count) else { return false }
            defer { unsafe ECDSA_SIG_free(signature) }
            return unsafe output.withUnsafeMutableBufferPointer { target in
                guard let first = target.baseAddress else { return false }
                return unsafe BN_bn2binpad(ECDSA_SIG_get0_r(signature), first, Int32(count)) == count
                    && BN_bn2binpad(ECDSA_SIG_get0_s(signature), first + count, Int32(count)) == count
            }
        }
        guard isDone else { throw openSSLFailure(.cryptographyUnavailable, "the signature failed") }
        return output
    }

    static func encoded(_ numbers: [UInt8]) throws(JOSEError) -> [UInt8] {
        let half = numbers.count / 2
        guard let signature = unsafe ECDSA_SIG_new() else {
            throw openSSLFailure(.cryptographyUnavailable, "no memory for a signature")
        }
        defer { unsafe ECDSA_SIG_free(signature) }
        let first = unsafe BN_bin2bn(Array(numbers.prefix(half)), Int32(half), nil)
        let second = unsafe BN_bin2bn(Array(numbers.suffix(half)), Int32(half), nil)
        guard unsafe ECDSA_SIG_set0(signature, first, second) == 1 else {
            unsafe BN_free(first)
            unsafe BN_free(second)
            throw openSSLFailure(.cryptographyUnavailable, "no memory for a signature")
        }
        let count = unsafe i2d_ECDSA_SIG(signature, nil)
        guard count > 0 else { throw openSSLFailure(.signatureInvalid, "the signature has no form") }
        var output = [UInt8](repeating: 0, count: Int(count))
        unsafe output.withUnsafeMutableBufferPointer { target in
            var start = target.baseAddress
            _ = unsafe i2d_ECDSA_SIG(signature, &start)
        }
        return output
    }
}
