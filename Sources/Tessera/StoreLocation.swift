import Foundation
import TesseraRuntime
import TesseraSQLite

/// Where sessions live.
public enum StoreLocation: Sendable, Hashable {
    /// One SQLite file, made when it is not there, in a directory that is. One process may use it at a time.
    case sqlite(path: String)
    /// In this process's memory: gone when it ends.
    case memory
    /// In a Redis, shared with the other nodes that use it.
    case redis(RedisLocation)

    /// Reads `sqlite:PATH`, `memory`, or the URL of a Redis; `nil` for anything else.
    public init?(_ text: String) {
        if text == "memory" {
            self = .memory
        } else if text.hasPrefix("sqlite:"), text.utf8.count > "sqlite:".utf8.count {
            self = .sqlite(path: String(text.dropFirst("sqlite:".count)))
        } else if RedisLocation.isMeant(by: text), let location = try? RedisLocation(url: text) {
            self = .redis(location)
        } else {
            return nil
        }
    }
}

extension StoreLocation {
    /// What a look at the store has shown.
    package enum Finding: Sendable, Equatable {
        /// It can be used; what an operator should know all the same.
        case usable(warnings: [String])
        /// A process has it, perhaps the very node whose settings are being checked.
        case inUse(String)
        /// It cannot be opened: why, in words.
        case unusable([String])
    }

    /// Looks whether the store can be opened. Writes nothing, and makes no file where there is none.
    package func check() async -> Finding {
        switch self {
        case .memory: .usable(warnings: [])
        case .sqlite(let path): await Self.check(path)
        case .redis(let location): await location.check()
        }
    }

    private static func check(_ path: String) async -> Finding {
        let directory = URL(filePath: path).deletingLastPathComponent().path
        guard FileManager.default.fileExists(atPath: path) else {
            return FileManager.default.isWritableFile(atPath: directory)
                ? .usable(warnings: [])
                : .unusable(["store: the directory \(directory) is not there, or may not be written to"])
        }
        do {
            try await SQLiteSessionStore.look(at: path)
            return .usable(warnings: [])
        } catch {
            return error.code == .inUse ? .inUse(error.message) : .unusable(["store: \(error)"])
        }
    }
}
