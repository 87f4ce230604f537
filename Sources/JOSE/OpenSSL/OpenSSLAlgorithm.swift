internal import COpenSSL

/// Algorithms of OpenSSL, looked up once: a look-up takes locks and costs more than sealing a token.
///
/// The objects are immutable and live as long as the process.
enum OpenSSLAlgorithm {
    /// A block cipher in a mode.
    enum Cipher: Int, CaseIterable {
        case aes128GCM, aes192GCM, aes256GCM, aes128CBC, aes192CBC, aes256CBC, aes128Wrap, aes192Wrap, aes256Wrap

        private var name: String {
            switch self {
            case .aes128GCM: "AES-128-GCM"
            case .aes192GCM: "AES-192-GCM"
            case .aes256GCM: "AES-256-GCM"
            case .aes128CBC: "AES-128-CBC"
            case .aes192CBC: "AES-192-CBC"
            case .aes256CBC: "AES-256-CBC"
            case .aes128Wrap: "AES-128-WRAP"
            case .aes192Wrap: "AES-192-WRAP"
            case .aes256Wrap: "AES-256-WRAP"
            }
        }

        private static let found: [UInt] = allCases.map { cipher in
            UInt(bitPattern: unsafe EVP_CIPHER_fetch(nil, cipher.name, nil))
        }

        func object() throws(JOSEError) -> OpaquePointer {
            try unsafe pointer(Cipher.found[rawValue])
        }
    }

    /// HMAC.
    static func hmac() throws(JOSEError) -> OpaquePointer { try unsafe pointer(foundHMAC) }
    private static let foundHMAC = UInt(bitPattern: unsafe EVP_MAC_fetch(nil, "HMAC", nil))

    /// A key derivation function.
    enum Derivation: Int, CaseIterable {
        case hkdf, pbkdf2, concatenation

        private var name: String {
            switch self {
            case .hkdf: "HKDF"
            case .pbkdf2: "PBKDF2"
            case .concatenation: "SSKDF"
            }
        }

        private static let found: [UInt] = allCases.map { derivation in
            UInt(bitPattern: unsafe EVP_KDF_fetch(nil, derivation.name, nil))
        }

        func object() throws(JOSEError) -> OpaquePointer {
            try unsafe pointer(Derivation.found[rawValue])
        }
    }

    private static func pointer(_ address: UInt) throws(JOSEError) -> OpaquePointer {
        guard let pointer = unsafe OpaquePointer(bitPattern: address) else {
            throw openSSLFailure(.cryptographyUnavailable, "this OpenSSL lacks an algorithm")
        }
        return unsafe pointer
    }
}

/// Hash functions that JOSE names. SHA-1 is only for the mask of `RSA-OAEP` (RFC 7518, section 4.3).
enum DigestAlgorithm: Int, CaseIterable, Sendable {
    case sha1, sha256, sha384, sha512

    var name: String {
        switch self {
        case .sha1: "SHA1"
        case .sha256: "SHA256"
        case .sha384: "SHA384"
        case .sha512: "SHA512"
        }
    }

    /// Length of a hash value in bytes.
    var length: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    private static let found: [UInt] = allCases.map { digest in
        UInt(bitPattern: unsafe EVP_MD_fetch(nil, digest.name, nil))
    }

    func object() throws(JOSEError) -> OpaquePointer {
        guard let pointer = unsafe OpaquePointer(bitPattern: DigestAlgorithm.found[rawValue]) else {
            throw openSSLFailure(.cryptographyUnavailable, "this OpenSSL lacks \(name)")
        }
        return unsafe pointer
    }

    /// The hash value of `bytes`.
    func hash(_ bytes: [UInt8]) throws(JOSEError) -> [UInt8] {
        let digest = try unsafe object()
        var result = [UInt8](repeating: 0, count: length)
        let status = unsafe result.withUnsafeMutableBufferPointer { target in
            unsafe bytes.withUnsafeBufferPointer { source in
                unsafe EVP_Digest(source.baseAddress, source.count, target.baseAddress, nil, digest, nil)
            }
        }
        guard status == 1 else { throw openSSLFailure(.cryptographyUnavailable, "\(name) failed") }
        return result
    }
}
