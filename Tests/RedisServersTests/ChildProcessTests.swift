import Foundation
import RedisServers
import Testing

@Suite("Child processes")
struct ChildProcessTests {
    @Test("One that has ended leaves no file open")
    func files() async throws {
        _ = try await ChildProcess.run(["true"])
        let before = try Self.openFiles()
        for _ in 0..<20 { _ = try await ChildProcess.run(["cat"], input: "hello") }
        // Others of this process's may have opened a few.
        #expect(try Self.openFiles() < before + 10)
    }

    private static func openFiles() throws -> Int {
        #if os(Linux)
            let folder = "/proc/self/fd"
        #else
            let folder = "/dev/fd"
        #endif
        return try FileManager.default.contentsOfDirectory(atPath: folder).count
    }
}
