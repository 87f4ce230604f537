import TesseraRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Keeps a second process, or a second store of this one, away from a database: an exclusive `flock(2)` on a file
/// beside it, which the system lets go with the process, however that ends.
///
/// The file itself stays: taking it away would let two processes lock two files of the same name.
struct FileLock: ~Copyable, Sendable {
    private let descriptor: CInt

    /// Locks `database` by the file `<database>.lock`, and writes this process's id into it.
    init(database: String) throws(StoreError) {
        descriptor = try Self.lock(database, O_RDWR | O_CREAT, LOCK_EX)
        // Whatever the umask made of it. The id is for the message only; the lock holds without it.
        _ = fchmod(descriptor, 0o600)
        Self.writeProcessID(descriptor)
    }

    /// Keeps others from opening `database` while it is looked at. Makes no file: `nil` where there is none, because
    /// nobody has opened the database yet.
    init?(sharing database: String) throws(StoreError) {
        guard access(database + ".lock", F_OK) == 0 else { return nil }
        descriptor = try Self.lock(database, O_RDONLY, LOCK_SH)
    }

    private static func lock(_ database: String, _ access: CInt, _ kind: CInt) throws(StoreError) -> CInt {
        let path = database + ".lock"
        let descriptor = open(path, access | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw StoreError(.unavailable, "\(path): cannot be opened: \(systemMessage(errno))")
        }
        guard flock(descriptor, kind | LOCK_NB) == 0 else {
            let reason = errno
            let holder = readProcessID(descriptor)
            close(descriptor)
            guard reason == EWOULDBLOCK else {
                throw StoreError(.unavailable, "\(path): cannot be locked: \(systemMessage(reason))")
            }
            let process = holder.map { "process \($0)" } ?? "another process"
            throw StoreError(.inUse, "\(database): is in use by \(process); one process at a time may use it")
        }
        return descriptor
    }

    deinit {
        // Closing alone would leave the lock to a child process that is between its fork and its exec.
        _ = flock(descriptor, LOCK_UN)
        _ = close(descriptor)
    }

    private static func readProcessID(_ descriptor: CInt) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes.prefix(count).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }

    private static func writeProcessID(_ descriptor: CInt) {
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0 else { return }
        _ = pwrite(descriptor, text, text.count, 0)
    }
}

/// The system's words for an error number.
func systemMessage(_ number: CInt) -> String { String(cString: strerror(number)) }
