internal import COpenSSL

/// A list of named values for OpenSSL's `OSSL_PARAM` interfaces, which owns the values and overwrites them
/// when it goes.
///
/// Safe to use: the pointers in the list lead to values that it owns, and are lent out only while it lives.
@safe struct OpenSSLParameters: ~Copyable {
    private var list: [OSSL_PARAM] = unsafe []
    private var values: [SecretBytes] = []

    init() {}

    /// Adds an unsigned integer, given with its most significant byte first.
    mutating func add(_ name: StaticString, integer bytes: SecretBytes) {
        let value = unsafe bytes.withBytes { source in
            // OpenSSL wants the machine's own byte order.
            #if _endian(little)
                unsafe SecretBytes(source.reversed())
            #else
                unsafe SecretBytes(source)
            #endif
        }
        append(name, OSSL_PARAM_UNSIGNED_INTEGER, value)
    }

    /// Adds an unsigned number.
    mutating func add(_ name: StaticString, number: Int) {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
        add(name, integer: SecretBytes(bytes))
    }

    /// Adds a string of bytes.
    mutating func add(_ name: StaticString, bytes: SecretBytes) {
        append(name, OSSL_PARAM_OCTET_STRING, bytes)
    }

    /// Adds a name of OpenSSL's.
    mutating func add(_ name: StaticString, text: String) {
        append(name, OSSL_PARAM_UTF8_STRING, SecretBytes(Array(text.utf8) + [0]), count: text.utf8.count)
    }

    private mutating func append(_ name: StaticString, _ type: Int32, _ value: SecretBytes, count: Int? = nil) {
        values.append(value)
        unsafe value.withBytes { bytes in
            // The memory stays where it is for as long as `values` holds it.
            let entry = unsafe OSSL_PARAM(
                key: UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self),
                data_type: UInt32(type),
                data: UnsafeMutableRawPointer(mutating: bytes.baseAddress),
                data_size: count ?? bytes.count,
                return_size: -1)
            unsafe list.append(entry)
        }
    }

    /// Gives the list, ended as OpenSSL expects, for the duration of `body`.
    consuming func withList<R, E: Error>(
        _ body: (UnsafeMutablePointer<OSSL_PARAM>) throws(E) -> R
    ) throws(E) -> R {
        unsafe list.append(OSSL_PARAM_construct_end())
        let owners = values
        defer { withExtendedLifetime(owners) {} }
        var complete = unsafe list
        return try unsafe complete.withUnsafeMutableBufferPointer { (buffer) throws(E) -> R in
            guard let base = buffer.baseAddress else { preconditionFailure("the list has an end") }
            return try unsafe body(base)
        }
    }
}
