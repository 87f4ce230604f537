import AsyncHTTPClient
import Foundation
package import JSON
import NIOCore
import NIOHTTP1

/// A real OpenID provider, on Authlib, as a process of its own: `Tests/Peers/openid/provider.py`.
///
/// Its packages are installed once, into `.build/peers`.
package final class OpenIDPeer: Sendable {
    package static let clientID = "app"
    package static let clientSecret = "peer-secret-0123456789-0123456789-0123456789"
    package static let callback = "https://app.example/api/auth/callback/peer"

    package let issuer: String
    private let process: Process
    /// The process ends with it.
    private let input: Pipe

    /// Why the provider does not run.
    package struct Failure: Error, CustomStringConvertible { package let description: String }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let folder = root.appending(path: "Tests/Peers/openid")

    /// Runs a test beside a provider of its own.
    ///
    /// - Parameter base: where the client is that it knows: sign-ins come back to `callback/peer` there.
    package static func with(
        _ base: String = "https://app.example/api/auth", _ test: (OpenIDPeer) async throws -> Void
    ) async throws {
        let peer = try await OpenIDPeer(python: python(), base)
        defer { peer.end() }
        try await test(peer)
    }

    private init(python: URL, _ base: String) async throws {
        (process, input) = (Process(), Pipe())
        let output = Pipe()
        process.executableURL = python
        process.arguments = [
            Self.folder.appending(path: "provider.py").path, Self.clientID, Self.clientSecret,
            "\(base)/callback/peer", "\(base)/signout/callback/peer",
        ]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        // Until it listens, or until it has ended: then there is nothing more to read.
        let text = await Self.firstLine(of: output.fileHandleForReading)
        guard text.hasPrefix("ready "), let port = Int(text.dropFirst("ready ".count)) else {
            throw Failure(description: "the provider did not start")
        }
        issuer = "http://127.0.0.1:\(port)"
    }

    private static func firstLine(of file: FileHandle) async -> String {
        let (chunks, arrival) = AsyncStream.makeStream(of: Data.self)
        file.readabilityHandler = { file in
            let data = file.availableData
            arrival.yield(data)
            if data.isEmpty { arrival.finish() }
        }
        defer { file.readabilityHandler = nil }
        var text = ""
        for await chunk in chunks {
            text += String(decoding: chunk, as: UTF8.self)
            if let end = text.firstIndex(of: "\n") { return String(text[..<end]) }
        }
        return text
    }

    package func end() {
        try? input.fileHandleForWriting.close()
        process.terminate()
    }

    /// Its facts, in the schema of the provider table.
    ///
    /// - Parameter source: where the profile comes from, `id_token` or `userinfo`.
    package func definition(source: String = "id_token") -> JSONObject {
        [
            "name": "Peer", "protocol": "oidc", "issuer": .string(issuer),
            "discovery": ["url": .string("\(issuer)/.well-known/openid-configuration")],
            "authorization": ["fromDiscovery": true, "params": ["scope": "openid profile email"]],
            "token": [
                "fromDiscovery": true, "method": "POST", "auth": "client_secret_basic", "authFromDiscovery": true,
            ],
            "userinfo": ["fromDiscovery": true, "method": "GET", "auth": "bearer"],
            "idToken": ["signingAlg": "ES256"], "profileSource": .string(source),
            "profile": ["id": "/sub", "name": "/name", "email": "/email", "image": "/picture"],
        ]
    }

    // MARK: Its packages

    private static func python() async throws -> URL {
        let environment = root.appending(path: ".build/peers/openid")
        let requirements = folder.appending(path: "requirements.txt")
        let wanted = try String(contentsOf: requirements, encoding: .utf8)
        let marker = environment.appending(path: "installed.txt")
        let python = environment.appending(path: "bin/python")
        if (try? String(contentsOf: marker, encoding: .utf8)) == wanted { return python }
        try await run(URL(filePath: "/usr/bin/env"), ["python3", "-m", "venv", "--clear", environment.path])
        try await run(python, ["-m", "pip", "install", "--quiet", "-r", requirements.path])
        try wanted.write(to: marker, atomically: true, encoding: .utf8)
        return python
    }

    private static func run(_ program: URL, _ arguments: [String]) async throws {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        let status = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        guard status == 0 else {
            throw Failure(description: "\(arguments.joined(separator: " ")) ended with \(status)")
        }
    }

    // MARK: What tests ask of it

    /// Lets it do one thing wrong, or nothing.
    package func set(fault: String?) async throws {
        let name = fault.map { "\"\($0)\"" } ?? "null"
        _ = try await send("PUT", "/control/faults", body: "{\"name\": \(name)}")
    }

    /// The names of all faults.
    package func faults() async throws -> [String] {
        let answer = try JSONObject(parsing: Array(try await send("GET", "/control/faults").utf8))
        return answer.members.flatMap { $0.value.array?.compactMap(\.string) ?? [] }
    }

    package func rotateKeys() async throws { _ = try await send("POST", "/control/rotate") }

    /// A logout token with these claims on top of the usual ones; `null` leaves one out.
    package func logoutToken(_ claims: String, header: String = "{}") async throws -> String {
        try await send("POST", "/control/logout-token", body: "{\"claims\": \(claims), \"header\": \(header)}")
    }

    /// Its sessions, in the order in which they began.
    package func sessions() async throws -> [String] {
        let text = try await send("GET", "/control/sessions")
        return try JSONValue(parsing: Array(text.utf8)).array?.compactMap(\.string) ?? []
    }

    /// Where it tells that somebody has signed out.
    package func set(backChannel uri: String) async throws {
        _ = try await send("PUT", "/control/backchannel", body: "{\"uri\": \"\(uri)\"}")
    }

    /// What it was answered there.
    package func told() async throws -> [JSONObject] {
        let text = try await send("GET", "/control/backchannel")
        return try JSONValue(parsing: Array(text.utf8)).array?.compactMap(\.object) ?? []
    }

    /// Every request that was made to it since the last call.
    package func takeRequests() async throws -> [JSONObject] {
        let text = try await send("GET", "/control/requests")
        _ = try await send("DELETE", "/control/requests")
        return try JSONValue(parsing: Array(text.utf8)).array?.compactMap(\.object) ?? []
    }

    /// Where a browser that is sent there is sent next.
    package func redirect(from url: String) async throws -> String {
        var request = HTTPClientRequest(url: url)
        request.method = .GET
        let response = try await Self.client.execute(request, timeout: .seconds(20))
        guard let location = response.headers.first(name: "Location") else {
            throw Failure(description: "status \(response.status.code) and no redirect")
        }
        return location
    }

    private func send(_ method: String, _ path: String, body: String? = nil) async throws -> String {
        var request = HTTPClientRequest(url: issuer + path)
        request.method = .init(rawValue: method)
        request.headers.add(name: "Content-Type", value: "application/json")
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await Self.client.execute(request, timeout: .seconds(20))
        guard (200..<300).contains(response.status.code) else {
            throw Failure(description: "\(method) \(path): status \(response.status.code)")
        }
        return String(buffer: try await response.body.collect(upTo: 1 << 24))
    }

    /// A client that follows nothing, as long as the tests run.
    private static let client = HTTPClient(
        eventLoopGroupProvider: .singleton, configuration: .init(redirectConfiguration: .disallow))
}
