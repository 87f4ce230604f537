import Foundation
import RedisServers

/// A wall clock that is off, for a node: a small library that is loaded into its process.
package enum ClockShift {
    private static let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "ClockShift/clock.c").path

    /// The variables of a node whose clock is so many seconds off. Linux only; needs a C compiler, as the build does.
    package static func environment(seconds: Int) async throws -> [String: String] {
        ["LD_PRELOAD": try await library.value, "CLOCK_OFFSET": "\(seconds)"]
    }

    private static let script = """
        compiler=$(command -v cc || command -v clang) && exec "$compiler" -O1 -shared -fPIC -o "$1" "$0"
        """

    private static let library = SharedServer {
        let name = "tessera-clock-\(UUID().uuidString).so"
        let path = FileManager.default.temporaryDirectory.appending(path: name).path
        _ = try await ChildProcess.run(["sh", "-c", script, source, path], within: .seconds(60))
        return path
    }
}
