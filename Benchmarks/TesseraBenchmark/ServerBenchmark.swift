import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import TesseraCore
import TesseraRuntime
import TesseraTestKit
import TesseraTokens

/// The server's figures: start-up, memory, and the session check against a bare route under the same load.
struct ServerBenchmark {
    private static let secret = "benchmark-secret-of-32-bytes-----"
    private static let liveSessions = 100_000
    private static let duration = "8s"
    private let program: URL
    private let directory: URL

    init() throws {
        program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "tessera")
        directory = FileManager.default.temporaryDirectory.appending(path: "tessera-benchmark-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    func run() async throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = "sqlite:\(directory.path)/sessions.sqlite"
        try await measureStartup(store)
        let server = try ServerProcess(
            program: program, port: 23_456, arguments: ["--demo", "--store", store], secret: Self.secret)
        try await server.start()
        defer { server.stop() }
        print("resident memory, idle                 \(try server.residentMemory() / 1_000_000) MB")
        let cookies = try await signIn(server)
        try measureLoad(server, cookies: cookies)
        try await makeSessions(server)
        print("resident memory, 100,000 live sessions \(try server.residentMemory() / 1_000_000) MB")
    }

    private func measureStartup(_ store: String) async throws {
        var times: [Duration] = []
        for _ in 0..<5 {
            let server = try ServerProcess(
                program: program, port: 23_455, arguments: ["--demo", "--store", store], secret: Self.secret)
            try await server.start()
            times.append(server.startup)
            server.stop()
        }
        let milliseconds = times.sorted().map { Int($0.inSeconds * 1000) }
        print("start to ready, median of 5           \(milliseconds[2]) ms (\(milliseconds[0])–\(milliseconds[4]))")
    }

    /// Signs in as a browser would; returns its cookies.
    private func signIn(_ server: ServerProcess) async throws -> String {
        var cookies: [String: String] = [:]
        func take(_ response: HTTPClientResponse) {
            for header in response.headers["set-cookie"] {
                let pair = header.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
                if pair.count == 2 { cookies[String(pair[0])] = String(pair[1]) }
            }
        }
        var header: String { cookies.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: "; ") }
        let csrf = HTTPClientRequest(url: "\(server.base)/api/auth/csrf")
        take(try await HTTPClient.shared.execute(csrf, timeout: .seconds(5)))
        let token = cookies["next-auth.csrf-token"]?.prefix(64) ?? ""
        var request = HTTPClientRequest(url: "\(server.base)/api/auth/callback/credentials")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        request.headers.add(name: "Cookie", value: header)
        request.body = .bytes(
            ByteBuffer(string: "csrfToken=\(token)&username=alice&password=wonderland&json=true"))
        take(try await HTTPClient.shared.execute(request, timeout: .seconds(5)))
        guard cookies["next-auth.session-token"] != nil else { throw BenchmarkError.noSession }
        return header
    }

    private func measureLoad(_ server: ServerProcess, cookies: String) throws {
        // A round each to warm up, then alternating, so that both see the same machine.
        var bare: [Double] = []
        var session: [Double] = []
        for round in 0..<4 {
            let one = try wrk("\(server.base)/health/live", cookies: cookies)
            let other = try wrk("\(server.base)/api/auth/session", cookies: cookies)
            if round > 0 {
                bare.append(one)
                session.append(other)
            }
        }
        let (bareRate, sessionRate) = (bare.sorted()[1], session.sorted()[1])
        print("GET /health/live (bare route)         \(Int(bareRate).grouped) requests/s")
        print("GET /api/auth/session (signed in)     \(Int(sessionRate).grouped) requests/s")
        print("session check against the bare route  \((sessionRate / bareRate * 100).rounded() / 100)")
    }

    /// Requests per second with 64 connections.
    private func wrk(_ url: String, cookies: String) throws -> Double {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["wrk", "-t1", "-c64", "-d\(Self.duration)", "-H", "Cookie: \(cookies)", url]
        process.standardOutput = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let lines = output.split(separator: "\n")
        guard !output.contains("Non-2xx"), let line = lines.first(where: { $0.hasPrefix("Requests/sec") }),
            let rate = line.split(separator: " ").compactMap({ Double($0) }).first
        else { throw BenchmarkError.wrk }
        return rate
    }

    /// Makes live sessions of as many users, by taking over a NextAuth.js token of each.
    private func makeSessions(_ server: ServerProcess) async throws {
        let maker = try NextAuthTokenMaker(secret: Self.secret)
        let now = WallClock.system.now()
        let base = server.base
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            let workers = 64
            for worker in 0..<workers {
                group.addTask {
                    for index in stride(from: worker, to: Self.liveSessions, by: workers) {
                        var request = HTTPClientRequest(url: "\(base)/api/auth/keepalive")
                        request.method = .POST
                        let token = try maker.make(user: "user-\(index)", at: now)
                        request.headers.add(name: "Cookie", value: "next-auth.session-token=\(token)")
                        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
                        guard response.status.code == 204 else { throw BenchmarkError.noSession }
                    }
                }
            }
            try await group.waitForAll()
        }
        let rate = Double(Self.liveSessions) / (ContinuousClock.now - start).inSeconds
        print("sessions made per second (SQLite)     \(Int(rate).grouped)")
    }
}
