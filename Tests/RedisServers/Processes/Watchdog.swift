import Foundation

/// A small shell that outlives this process, however it ends: then it kills what was started and still runs, and removes
/// the folder of all servers.
final class Watchdog: Sendable {
    static let shared = Result { try Watchdog() }

    /// The folder for what the servers write. Short, because the path of a Unix socket is limited to about 100 bytes.
    let folder: String

    private let input: FileHandle
    private let process = Process()

    static let script = """
        trap '' HUP INT TERM
        running=
        while read -r sign process; do
            case $sign in
            +) running="$running $process" ;;
            -)
                others=
                for each in $running; do [ "$each" = "$process" ] || others="$others $each"; done
                running=$others
                ;;
            esac
        done
        # Some have ended meanwhile.
        [ -z "$running" ] || kill -KILL $running 2>/dev/null
        rm -rf -- "$0"
        """

    private init() throws {
        let name = String(UInt64.random(in: .min ... .max), radix: 36)
        folder = FileManager.default.temporaryDirectory.appending(path: "tr-\(name)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", Self.script, folder]
        process.standardInput = pipe
        try process.run()
        try pipe.fileHandleForReading.close()
        input = pipe.fileHandleForWriting
    }

    /// Takes charge of a process.
    func watch(_ process: Int32) throws { try input.write(contentsOf: Data("+ \(process)\n".utf8)) }

    /// Forgets a process that has ended: its number may be another's soon.
    func forget(_ process: Int32) throws { try input.write(contentsOf: Data("- \(process)\n".utf8)) }
}
