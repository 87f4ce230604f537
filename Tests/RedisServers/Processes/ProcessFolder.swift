import Foundation

/// A folder for what the processes of a test write; removed with this process at the latest.
package enum ProcessFolder {
    /// Makes one, and returns its path.
    package static func make(_ name: String) throws -> String {
        let unique = String(UInt64.random(in: .min ... .max), radix: 36)
        let path = try Watchdog.shared.get().folder + "/\(name)-\(unique)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// Removes one with all that is in it.
    package static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}
