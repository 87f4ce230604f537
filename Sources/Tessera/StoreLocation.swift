import Foundation
import TesseraRuntime
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
    /// What a look at the store has shown.
    package enum Finding: Sendable, Equatable {
        case usable
        /// A process has it, perhaps the very node whose settings are being checked.
        case inUse(String)
        /// It cannot be opened: why, in words.
        case unusable(String)
    }

    /// Looks whether the store can be opened. Writes nothing, and makes no file where there is none.
    package func check() async -> Finding {
        switch self {
        case .memory: return .usable
        case .sqlite(let path):
            let directory = URL(filePath: path).deletingLastPathComponent().path
            guard FileManager.default.fileExists(atPath: path) else {
                return FileManager.default.isWritableFile(atPath: directory)
                    ? .usable : .unusable("store: the directory \(directory) is not there, or may not be written to")
            }
            do {
                try await SQLiteSessionStore.look(at: path)
                return .usable
            } catch {
                return error.code == .inUse ? .inUse(error.message) : .unusable("store: \(error)")
            }
        }
    }
}
