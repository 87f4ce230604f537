internal import Synchronization

/// A symmetric key with what is set up for it once.
final class SymmetricKey: Sendable {
    let secret: SecretBytes
    /// Present if the key has a length of AES.
    let cipher: AESGCMKey?
    // At most one for each digest and part.
    private let codes = Mutex<[CodeName: HMACKey]>([:])

    private struct CodeName: Hashable {
        let digest: DigestAlgorithm
        let count: Int
    }

    init(_ secret: SecretBytes) {
        self.secret = secret
        cipher = AESGCMKey(secret)
    }

    /// HMAC with the first `count` bytes, or all.
    func code(_ digest: DigestAlgorithm, first count: Int? = nil) throws(JOSEError) -> HMACKey {
        let name = CodeName(digest: digest, count: count ?? secret.count)
        if let known = codes.withLock({ $0[name] }) { return known }
        let made = try HMACKey(secret.part(0..<name.count), digest)
        codes.withLock { $0[name] = made }
        return made
    }
}
