internal import COpenSSL
internal import Synchronization

/// AES-GCM (NIST SP 800-38D) with one key, a 96-bit initialisation vector and a 128-bit tag.
///
/// Setting up the key costs more than opening a token, so contexts that have it are kept and only the
/// vector is set for each message. Any number of threads may use one object; each use takes a context of its own.
final class AESGCMKey: Sendable {
    static let vectorCount = 12
    static let tagCount = 16

    /// Contexts in use at once that are kept; more are made and freed as needed.
    private static let keptContexts = 8

    private let key: SecretBytes
    private let cipher: OpenSSLAlgorithm.Cipher
    // Addresses of contexts that nobody uses. Whoever takes one out owns it until it is put back.
    private let opening = Mutex<[UInt]>([])
    private let sealing = Mutex<[UInt]>([])

    /// A key of 16, 24 or 32 bytes; `nil` for other lengths.
    init?(_ key: SecretBytes) {
        switch key.count {
        case 16: cipher = .aes128GCM
        case 24: cipher = .aes192GCM
        case 32: cipher = .aes256GCM
        default: return nil
        }
        self.key = key
    }

    deinit {
        let contexts = opening.withLock { $0 } + sealing.withLock { $0 }
        for context in contexts { unsafe EVP_CIPHER_CTX_free(OpaquePointer(bitPattern: context)) }
    }

    /// The plaintext of `message`, or `decryption_failed`.
    func open(_ message: SealedContent, additionalData: ArraySlice<UInt8>) throws(JOSEError) -> [UInt8] {
        guard message.vector.count == Self.vectorCount, message.tag.count == Self.tagCount else {
            throw JOSEError(.tokenMalformed, "the vector or tag has a wrong length")
        }
        let context = try unsafe takeContext(from: opening, forSealing: false)
        let plaintext = unsafe Self.open(context, message, additionalData)
        unsafe putBack(context, into: opening)
        guard let plaintext else { throw openSSLFailure(.decryptionFailed, "not sealed with this key, or changed") }
        return plaintext
    }

    /// The ciphertext and the tag.
    func seal(
        _ plaintext: [UInt8], vector: [UInt8], additionalData: ArraySlice<UInt8>
    ) throws(JOSEError) -> (ciphertext: [UInt8], tag: [UInt8]) {
        guard vector.count == Self.vectorCount else {
            throw JOSEError(.requestInvalid, "the vector has a wrong length")
        }
        let context = try unsafe takeContext(from: sealing, forSealing: true)
        let sealed = unsafe Self.seal(context, plaintext, vector, additionalData)
        unsafe putBack(context, into: sealing)
        guard let sealed else { throw openSSLFailure(.cryptographyUnavailable, "AES-GCM failed") }
        return sealed
    }

    private func takeContext(from idle: borrowing Mutex<[UInt]>, forSealing: Bool) throws(JOSEError) -> OpaquePointer {
        if let context = unsafe OpaquePointer(bitPattern: idle.withLock({ $0.popLast() }) ?? 0) {
            return unsafe context
        }
        let algorithm = try unsafe cipher.object()
        guard let context = unsafe EVP_CIPHER_CTX_new() else {
            throw openSSLFailure(.cryptographyUnavailable, "no memory for AES-GCM")
        }
        let status = unsafe key.withBytes { bytes in
            unsafe EVP_CipherInit_ex2(context, algorithm, bytes.baseAddress, nil, forSealing ? 1 : 0, nil)
        }
        guard status == 1 else {
            unsafe EVP_CIPHER_CTX_free(context)
            throw openSSLFailure(.cryptographyUnavailable, "AES-GCM takes no key")
        }
        return unsafe context
    }

    private func putBack(_ context: OpaquePointer, into idle: borrowing Mutex<[UInt]>) {
        let address = UInt(bitPattern: context)
        let isKept = idle.withLock { contexts in
            guard contexts.count < Self.keptContexts else { return false }
            contexts.append(address)
            return true
        }
        if !isKept { unsafe EVP_CIPHER_CTX_free(context) }
    }

    private static func open(
        _ context: OpaquePointer, _ message: SealedContent, _ additionalData: ArraySlice<UInt8>
    ) -> [UInt8]? {
        let count = message.ciphertext.count
        var isOpened = false
        let plaintext = unsafe message.bytes.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { return [UInt8]() }
            return unsafe [UInt8](unsafeUninitializedCapacity: count) { target, initialised in
                var written: Int32 = 0
                let tag = unsafe UnsafeMutableRawPointer(mutating: base + message.tag.lowerBound)
                isOpened =
                    unsafe EVP_DecryptInit_ex2(context, nil, nil, base + message.vector.lowerBound, nil) == 1
                    && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagCount), tag) == 1
                    && authenticate(context, additionalData)
                    && EVP_DecryptUpdate(
                        context, target.baseAddress, &written, base + message.ciphertext.lowerBound, Int32(count)) == 1
                    && EVP_DecryptFinal_ex(context, target.baseAddress, &written) == 1
                initialised = isOpened ? count : 0
                if !isOpened { unsafe OPENSSL_cleanse(target.baseAddress, count) }
            }
        }
        return isOpened ? plaintext : nil
    }

    private static func seal(
        _ context: OpaquePointer, _ plaintext: [UInt8], _ vector: [UInt8], _ additionalData: ArraySlice<UInt8>
    ) -> (ciphertext: [UInt8], tag: [UInt8])? {
        var isSealed = false
        let ciphertext = unsafe [UInt8](unsafeUninitializedCapacity: plaintext.count) { target, initialised in
            unsafe plaintext.withUnsafeBufferPointer { source in
                var written: Int32 = 0
                isSealed =
                    unsafe EVP_EncryptInit_ex2(context, nil, nil, vector, nil) == 1
                    && authenticate(context, additionalData)
                    && EVP_EncryptUpdate(
                        context, target.baseAddress, &written, source.baseAddress, Int32(source.count)) == 1
                    && EVP_EncryptFinal_ex(context, target.baseAddress, &written) == 1
            }
            initialised = isSealed ? plaintext.count : 0
        }
        var tag = [UInt8](repeating: 0, count: tagCount)
        guard isSealed,
            unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagCount), &tag) == 1
        else { return nil }
        return (ciphertext, tag)
    }

    private static func authenticate(_ context: OpaquePointer, _ data: ArraySlice<UInt8>) -> Bool {
        unsafe data.withUnsafeBufferPointer { bytes in
            var written: Int32 = 0
            return unsafe EVP_CipherUpdate(context, nil, &written, bytes.baseAddress, Int32(bytes.count)) == 1
        }
    }
}
