import Foundation
import TesseraSQLite

/// Where sessions live.
public enum StoreLocation: Sendable, Hashable {
    /// One SQLite file, made when it is not there, in a directory that is. One process may use it at a time.
    case sqlite(path: String)
    /// In this process's memory: gone when it ends.
    case memory

    /// Reads `sqlite:PATH` or `memory`; `nil` for anything else.
    public init?(_ text: String) {
        if text == "memory" {
            self = .memory
        } else if text.hasPrefix("sqlite:"), text.utf8.count > "sqlite:".utf8.count {
            self = .sqlite(path: String(text.dropFirst("sqlite:".count)))
        } else {
            return nil
        }
    }

    func open() async throws -> SQLiteSessionStore {
        switch self {
        case .sqlite(let path): try await SQLiteSessionStore.open(path)
        case .memory: try await SQLiteSessionStore.inMemory()
        }
    }
}

extension StoreLocation {
    /// Why the store cannot be opened, in words; `nil` when it can. Makes no file where there is none.
    package func problem() async -> String? {
        switch self {
        case .memory: return nil
        case .sqlite(let path):
            let directory = URL(filePath: path).deletingLastPathComponent().path
            guard FileManager.default.fileExists(atPath: path) else {
                return FileManager.default.isWritableFile(atPath: directory)
                    ? nil : "store: the directory \(directory) is not there, or not writable"
            }
            do {
                try await open().close()
                return nil
            } catch {
                return "store: \(error)"
            }
        }
    }
}
