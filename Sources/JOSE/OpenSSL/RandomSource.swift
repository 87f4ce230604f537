internal import COpenSSL

/// Where random bytes come from: content encryption keys, initialisation vectors, salts, ephemeral keys.
///
/// An argument everywhere, so that tests can reproduce published tokens byte by byte.
package protocol RandomSource: Sendable {
    /// That many bytes that nobody can predict, or `random_unavailable`.
    func bytes(_ count: Int) throws(JOSEError) -> [UInt8]
}

/// OpenSSL's generator, which the operating system seeds.
package struct SystemRandomSource: RandomSource {
    /// The system's source.
    package init() {}

    /// That many bytes of OpenSSL's generator, up to 2^31 - 1.
    package func bytes(_ count: Int) throws(JOSEError) -> [UInt8] {
        guard count > 0 else { return [] }
        var result = [UInt8](repeating: 0, count: count)
        let status = unsafe result.withUnsafeMutableBufferPointer { buffer in
            unsafe RAND_bytes(buffer.baseAddress, Int32(clamping: buffer.count))
        }
        guard status == 1, count <= Int32.max else {
            throw openSSLFailure(.randomUnavailable, "the generator gave no bytes")
        }
        return result
    }
}

extension RandomSource {
    /// Random bytes that are overwritten after use.
    func secret(_ count: Int) throws(JOSEError) -> SecretBytes {
        var bytes = try bytes(count)
        guard bytes.count == count else {
            throw JOSEError(.randomUnavailable, "the generator gave another number of bytes")
        }
        defer { bytes.cleanse() }
        return SecretBytes(bytes)
    }

    /// Random bytes that are public.
    func nonce(_ count: Int) throws(JOSEError) -> [UInt8] {
        let bytes = try bytes(count)
        guard bytes.count == count else {
            throw JOSEError(.randomUnavailable, "the generator gave another number of bytes")
        }
        return bytes
    }
}

/// An error after a failed call of OpenSSL, whose own queue of errors is emptied: it belongs to the thread
/// and would otherwise be found by whoever asks next.
func openSSLFailure(_ code: JOSEError.Code, _ message: String) -> JOSEError {
    ERR_clear_error()
    return JOSEError(code, message)
}
