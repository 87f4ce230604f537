import Foundation

/// A Python with what a test server needs, made once beside the build.
enum PythonEnvironment {
    /// What went wrong in making it.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static let requirement = "aiosmtpd==1.4.6"

    /// The interpreter. Made at the first call of a run; a run that finds one takes it.
    static func interpreter() throws -> URL { try made.get() }

    private static let made = Result { try make() }

    private static func make() throws -> URL {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let place = root.appending(path: ".build/test-python/\(requirement)")
        let python = place.appending(path: "bin/python")
        if FileManager.default.fileExists(atPath: python.path) { return python }
        // Under a name of its own first: another run may be making one at the same time.
        let draft = place.deletingLastPathComponent().appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(
            at: draft.deletingLastPathComponent(), withIntermediateDirectories: true)
        try run(["python3", "-m", "venv", draft.path])
        try run([draft.appending(path: "bin/python").path, "-m", "pip", "install", "-q", requirement])
        do {
            try FileManager.default.moveItem(at: draft, to: place)
        } catch {
            try? FileManager.default.removeItem(at: draft)
            guard FileManager.default.fileExists(atPath: python.path) else { throw error }
        }
        return python
    }

    private static func run(_ arguments: [String]) throws {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let text = String(decoding: said, as: UTF8.self)
            throw Failure(description: "\(arguments.joined(separator: " ")): \(text.suffix(2000))")
        }
    }
}

/// A certificate for 127.0.0.1 and localhost, which signs itself; made once a run.
struct TestCertificate: Sendable {
    let certificate: String
    let key: String

    static let shared = Result { try TestCertificate() }

    private init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tessera-mail-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        certificate = folder.appending(path: "certificate.pem").path
        key = folder.appending(path: "key.pem").path
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out",
            certificate,
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw PythonEnvironment.Failure(description: "openssl made no certificate")
        }
    }
}
