internal import COpenSSL

/// Bytes that are overwritten when the last reference goes, and print as their kind.
///
/// Immutable once made, so it may be shared between threads. Equality takes the same time whatever differs.
package final class SecretBytes: Sendable {
    // A pointer is not Sendable, its address is. The memory is written only in `init` and freed in `deinit`.
    private let address: UInt
    /// How many bytes.
    package let count: Int

    /// A copy of `bytes`. The caller's own copy stays the caller's to overwrite.
    package convenience init(_ bytes: some Collection<UInt8>) {
        self.init(allocating: bytes.count)
        _ = unsafe mutable.update(fromContentsOf: bytes)
    }

    /// Bytes that `fill` writes; `nil` if it answers false.
    convenience init?(count: Int, filledIf fill: (UnsafeMutableBufferPointer<UInt8>) -> Bool) {
        self.init(allocating: count)
        guard unsafe fill(mutable) else { return nil }
    }

    private init(allocating count: Int) {
        // At least one byte, so that no C function takes a null pointer to mean something else.
        guard let memory = unsafe tessera_secret_allocate(max(count, 1)) else {
            preconditionFailure("out of memory")
        }
        address = UInt(bitPattern: memory)
        self.count = count
    }

    deinit {
        unsafe tessera_secret_free(UnsafeMutableRawPointer(bitPattern: address), max(count, 1))
    }

    private var mutable: UnsafeMutableBufferPointer<UInt8> {
        unsafe UnsafeMutableBufferPointer(start: UnsafeMutablePointer(bitPattern: address), count: count)
    }

    /// Gives the memory for the duration of `body`. The base address is never null.
    func withBytes<R, E: Error>(_ body: (UnsafeBufferPointer<UInt8>) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        return try unsafe body(UnsafeBufferPointer(mutable))
    }

    /// A part of the bytes, as a secret of its own.
    func part(_ range: Range<Int>) -> SecretBytes {
        unsafe withBytes { bytes in unsafe SecretBytes(bytes[range]) }
    }

    /// An unprotected copy, for printing a private key or handing it to another library.
    package func revealed() -> [UInt8] {
        unsafe withBytes { bytes in unsafe Array(bytes) }
    }
}

extension SecretBytes: Equatable {
    /// Compares in constant time for equal lengths.
    package static func == (left: SecretBytes, right: SecretBytes) -> Bool {
        guard left.count == right.count else { return false }
        return unsafe left.withBytes { first in
            unsafe right.withBytes { second in
                unsafe CRYPTO_memcmp(first.baseAddress, second.baseAddress, first.count) == 0
            }
        }
    }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Says that it is a secret and how long.
    package var description: String { "secret of \(count) bytes" }
    /// As `description`.
    package var debugDescription: String { description }
    /// Shows no children.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
