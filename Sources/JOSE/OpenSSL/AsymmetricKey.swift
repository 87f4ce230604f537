internal import COpenSSL

/// A public or private key of OpenSSL's. Immutable, so any thread may use it.
final class AsymmetricKey: Sendable {
    private let address: UInt
    /// Whether the private part is there.
    let isPrivate: Bool

    init(owning pointer: OpaquePointer, isPrivate: Bool) {
        address = UInt(bitPattern: pointer)
        self.isPrivate = isPrivate
    }

    deinit { unsafe EVP_PKEY_free(OpaquePointer(bitPattern: address)) }

    /// Gives OpenSSL's object for the duration of `body`, which must not change it.
    func withObject<R, E: Error>(_ body: (OpaquePointer) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        guard let pointer = unsafe OpaquePointer(bitPattern: address) else { preconditionFailure("made of a key") }
        return try unsafe body(pointer)
    }

    /// Gives a fresh context for an operation with this key for the duration of `body`.
    func withContext<R>(_ body: (OpaquePointer) throws(JOSEError) -> R) throws(JOSEError) -> R {
        try unsafe withObject { (key) throws(JOSEError) -> R in
            guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else {
                throw openSSLFailure(.cryptographyUnavailable, "no memory for a key's context")
            }
            defer { unsafe EVP_PKEY_CTX_free(context) }
            return try unsafe body(context)
        }
    }

    /// Makes a key of OpenSSL's type `type` from its numbers; `key_malformed` if they make none.
    static func make(
        _ type: String, isPrivate: Bool, from parameters: consuming OpenSSLParameters
    ) throws(JOSEError) -> AsymmetricKey {
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else {
            throw openSSLFailure(.cryptographyUnavailable, "this OpenSSL lacks \(type)")
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        let selection = isPrivate ? TESSERA_KEYPAIR : TESSERA_PUBLIC_KEY
        let made = unsafe parameters.withList { list -> OpaquePointer? in
            var key: OpaquePointer?
            let isMade =
                unsafe EVP_PKEY_fromdata_init(context) == 1
                && EVP_PKEY_fromdata(context, &key, selection, list) == 1
            return unsafe isMade ? key : nil
        }
        guard let made = unsafe made else { throw openSSLFailure(.keyMalformed, "the numbers make no key") }
        return unsafe AsymmetricKey(owning: made, isPrivate: isPrivate)
    }

    /// A number of the key, most significant byte first, as short as possible or padded to `count` bytes.
    func integer(_ name: String, count: Int? = nil) throws(JOSEError) -> SecretBytes {
        try unsafe withObject { (key) throws(JOSEError) -> SecretBytes in
            var number: OpaquePointer?
            guard unsafe EVP_PKEY_get_bn_param(key, name, &number) == 1, let number = unsafe number else {
                throw openSSLFailure(.keyUnsuitable, "the key has no \(name)")
            }
            defer { unsafe BN_clear_free(number) }
            let length = count ?? Int(unsafe BN_num_bits(number) + 7) / 8
            let bytes = unsafe SecretBytes(
                count: length,
                filledIf: { target in
                    unsafe BN_bn2binpad(number, target.baseAddress, Int32(length)) == Int32(length)
                })
            guard let bytes else { throw openSSLFailure(.keyMalformed, "\(name) is too large") }
            return bytes
        }
    }

    /// Length of the key's main number in bits.
    var bitCount: Int { unsafe withObject { key in Int(unsafe EVP_PKEY_get_bits(key)) } }

    /// Whether the private and the public part belong together.
    func isConsistent() throws(JOSEError) -> Bool {
        try unsafe withContext { (context) throws(JOSEError) -> Bool in
            defer { ERR_clear_error() }
            return unsafe EVP_PKEY_pairwise_check(context) == 1
        }
    }
}
