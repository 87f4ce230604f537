import Foundation
import JSON
import Testing

@Suite("The program serves", .timeLimit(.minutes(4)))
struct ServeTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("The demo is ready, lets alice in, and stops when told to")
    func demo() async throws {
        let node = try await Node(folder: folder, store: "memory")
        let alice = Visitor(node.url)
        #expect(try await alice.get("/health/live")["status"] == "live")
        #expect(try await alice.get("/health/ready")["status"] == "ready")
        #expect(try await alice.status("/") == 200)
        #expect(try await alice.name() == nil)
        try await alice.signIn("alice", "wonderland")
        #expect(try await alice.name() == "Alice")
        #expect(try await Visitor(node.operatorURL).status("/v1/users/alice/sessions") == 401)
        let end = await node.stop()
        #expect(end.code == 0)
        #expect(end.errors.contains("] stopped"))
    }

    @Test("SIGTERM writes the marks: the next start knows when each session was last seen")
    func marksAreWritten() async throws {
        let node = try await Node(folder: folder)
        let alice = Visitor(node.url)
        try await alice.signIn("alice", "wonderland")
        // The first use is written with the next interval of one second, and another not for 30 seconds.
        let begin = ContinuousClock.now
        while ContinuousClock.now - begin < .seconds(3) { #expect(try await alice.name() == "Alice") }
        let before = try await alice.sessions()
        #expect(before.count == 1)
        #expect(await node.stop().code == 0)

        let next = try await Node(folder: folder)
        let operators = try await next.sessions("list", "alice", folder: folder)
        let seen = try #require(before.first)
        #expect(operators.output.contains(seen.key))
        // Not by alice herself, who would be seen now.
        #expect(operators.output.contains(seen.value), "\(seen) in \(operators.output)")
        #expect(try await Visitor(next.url, cookiesOf: alice).name() == "Alice")
        _ = await next.stop()
    }

    @Test("A request that is under way at SIGTERM is answered, and what it did is kept; then the program ends")
    func draining() async throws {
        let node = try await Node(folder: folder)
        let alice = Visitor(node.url)
        let token = try #require(try await alice.get("/api/auth/csrf")["csrfToken"]?.string)
        let form = "csrfToken=\(token)&username=alice&password=wonderland&json=true"
        let cookies = await alice.cookieHeader
        let answer = try await Connection.with(node.url) { connection in
            // In one piece with a request before it, whose answer tells that this head has been read.
            try await connection.send(
                """
                GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n\
                POST /api/auth/callback/credentials HTTP/1.1\r\nHost: a\r\nCookie: \(cookies)\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: \(form.utf8.count)\r\n\r\n
                """)
            #expect(try await connection.receive(until: #"{"status":"live"}"#) != nil)
            node.process.terminate()
            // The signal has come through when nobody else is let in any more.
            while (try? await Connection.with(node.url) { _ in }) != nil {}
            try await connection.send(form)
            return try await connection.receive(until: "session-token=")
        }
        #expect(answer?.contains("HTTP/1.1 200 OK") == true)
        let end = await node.process.end()
        #expect(end.code == 0, "\(end.errors)")
        #expect(end.errors.contains("] stopped"))

        let next = try await Node(folder: folder)
        #expect(try await next.sessions("list", "alice", folder: folder).output.hasPrefix("id "))
        _ = await next.stop()
    }

    @Test("After kill -9 sessions are still there, and what was revoked stays revoked")
    func killed() async throws {
        let node = try await Node(folder: folder)
        let (alice, phone, bob) = (Visitor(node.url), Visitor(node.url), Visitor(node.url))
        try await alice.signIn("alice", "wonderland")
        try await phone.signIn("alice", "wonderland")
        try await bob.signIn("bob", "builder")
        let mine = try #require(try await Visitor(node.url, cookiesOf: alice).get("/api/auth/sessions")["sessions"])
        let current = mine.array?.compactMap(\.object).first { $0["current"]?.bool == true }?["id"]?.string
        let revoked = try await node.sessions("revoke", "alice", "--session", try #require(current), folder: folder)
        #expect(revoked.code == 0)
        #expect(try await node.sessions("revoke", "bob", folder: folder).output.hasPrefix("1 session ended."))
        node.process.kill()
        _ = await node.process.end()

        let next = try await Node(folder: folder)
        #expect(try await Visitor(next.url, cookiesOf: alice).name() == nil)
        #expect(try await Visitor(next.url, cookiesOf: bob).name() == nil)
        #expect(try await Visitor(next.url, cookiesOf: phone).name() == "Alice")
        _ = await next.stop()
    }

    @Test("A second process on the same file is refused, and the first goes on")
    func sameFile() async throws {
        let node = try await Node(folder: folder)
        let second = try await ProgramProcess.run(
            ["serve", "--demo", "--port", "0", "--store", "sqlite:sessions.sqlite"], folder: folder)
        #expect(second.code == 1)
        #expect(second.errors.contains("sessions.sqlite: is in use by process"))
        #expect(second.errors.contains("one process at a time may use it"))
        #expect(try await Visitor(node.url).status("/health/ready") == 200)
        _ = await node.stop()
    }

    @Test("A port that is in use is named, whichever listener wants it", arguments: ["--port", "--operator-port"])
    func portInUse(flag: String) async throws {
        let node = try await Node(folder: folder, store: "memory")
        let port = try #require(node.url.split(separator: ":").last.map(String.init))
        let other = flag == "--port" ? "--operator-port" : "--port"
        let second = try await ProgramProcess.run(
            ["serve", "--demo", "--store", "sqlite:other.sqlite", flag, port, other, "0"],
            environment: Node.environment, folder: folder)
        #expect(second.code == 1)
        #expect(second.errors.contains("127.0.0.1:\(port) is in use by another process"), "\(second.errors)")
        // Nothing of the failed start is in the way of the next.
        let third = try await Node(folder: folder, store: "sqlite:other.sqlite")
        _ = await third.stop()
        _ = await node.stop()
    }

    @Test("A host that is not there is named", arguments: ["no-such-host.invalid", "192.0.2.1"])
    func strangeHost(host: String) async throws {
        let end = try await ProgramProcess.run(
            ["serve", "--demo", "--store", "memory", "--port", "0", "--host", host], folder: folder)
        #expect(end.code == 1)
        #expect(end.errors.contains(host))
        #expect(!end.errors.contains("errno"))
    }

    @Test("Without a secret it refuses to start, and says how to make one")
    func noSecret() async throws {
        let end = try await ProgramProcess.run(["serve", "--port", "0"], folder: folder)
        #expect(end.code == 1)
        #expect(end.errors.contains("tessera secret"))
        #expect(end.errors.contains("NEXTAUTH_SECRET"))
        #expect(!FileManager.default.fileExists(atPath: folder.path("tessera.sqlite")))
    }

    @Test("Without --demo it serves with a secret, and says that nobody can sign in")
    func noProvider() async throws {
        let process = try ProgramProcess(
            ["serve", "--port", "0", "--store", "memory"], environment: ["NEXTAUTH_SECRET": Node.secret],
            folder: folder)
        let line = try #require(await process.line(with: "] serving"))
        let url = String(line.firstMatch(of: /url=(?<url>http:[^ ]+)/)?.url ?? "")
        #expect(try await Visitor(url).get("/api/auth/providers").isEmpty)
        #expect(try await Visitor(url).status("/") == 404)
        process.terminate()
        let end = await process.end()
        #expect(end.code == 0)
        #expect(end.errors.contains("there is no provider"))
    }

    @Test("A NextAuth.js session is taken over by a node with the same secret")
    func adoption() async throws {
        let node = try await Node(folder: folder, store: "memory")
        let token = try NextAuthSample.token(secret: Node.secret, name: "Ada")
        let ada = Visitor(node.url)
        await ada.setToken(token)
        #expect(try await ada.name() == "Ada")
        #expect(await ada.token != token)
        _ = await node.stop()
    }
}
