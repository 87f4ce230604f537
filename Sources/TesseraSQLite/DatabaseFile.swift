import TesseraRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The file of a database: where it really is, and who may read it.
struct DatabaseFile: Sendable {
    /// Absolute, symbolic links resolved: the same for everybody who means this file.
    let path: String

    /// Finds the file, or makes an empty one that only its owner may read. The directory must be there.
    init(locating path: String) throws(StoreError) {
        guard !path.isEmpty else { throw StoreError(.unavailable, "the path of the session database is empty") }
        if let existing = Self.resolve(path) {
            self.path = existing
        } else {
            try Self.create(path)
            guard let created = Self.resolve(path) else {
                throw StoreError(.unavailable, "\(path): cannot be resolved: \(systemMessage(errno))")
            }
            self.path = created
        }
        var status = stat()
        guard stat(self.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw StoreError(.unavailable, "\(path): is not a file")
        }
    }

    private static func resolve(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func create(_ path: String) throws(StoreError) {
        guard errno == ENOENT else {
            throw StoreError(.unavailable, "\(path): cannot be reached: \(systemMessage(errno))")
        }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let reason = errno
            let isDirectoryMissing = reason == ENOENT
            throw StoreError(
                .unavailable,
                isDirectoryMissing
                    ? "\(path): its directory does not exist" : "\(path): cannot be made: \(systemMessage(reason))")
        }
        // Whatever the umask made of it.
        _ = fchmod(descriptor, 0o600)
        close(descriptor)
    }

    /// Refuses a file that begins like no SQLite database (https://www.sqlite.org/fileformat2.html#magic_header_string).
    ///
    /// SQLite itself takes a file of a few bytes for an empty database, and would write over it. Call with the lock:
    /// closing a file gives up the locks that SQLite holds on it in this process.
    func refuseOtherContent() throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        // SQLite says why better than we could.
        guard descriptor >= 0 else { return }
        defer { _ = close(descriptor) }
        let magic = Array("SQLite format 3\0".utf8)
        var bytes = [UInt8](repeating: 0, count: magic.count)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        // A journal beside it means that its making was interrupted: SQLite puts that right.
        guard count > 0, bytes != magic, access(path + "-journal", F_OK) != 0 else { return }
        throw StoreError(.damaged, "the session database is not an SQLite file")
    }

    /// Takes everybody's but the owner's rights away from the file and what SQLite keeps beside it.
    func makePrivate() throws(StoreError) {
        for name in [path, path + "-wal", path + "-shm"] {
            var status = stat()
            guard stat(name, &status) == 0, status.st_mode & 0o777 != 0o600 else { continue }
            guard chmod(name, 0o600) == 0 else {
                throw StoreError(
                    .unavailable, "\(name): others may read it, and that cannot be changed: \(systemMessage(errno))")
            }
        }
    }
}
