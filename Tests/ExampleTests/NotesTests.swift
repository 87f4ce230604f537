import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import NIOCore
import Tessera
import Testing

@testable import Notes

@Suite("The example application")
struct NotesTests {
    /// Runs the example's router with a store in memory.
    private func withNotes(_ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void) async throws {
        let people = People.demo
        let configuration = NotesApplication.configuration(
            people: people, secret: "a-secret-of-these-tests-32-bytes!", store: .memory)
        #expect(configuration.problems == [])
        let tessera = try await Tessera.open(configuration)
        let router = NotesApplication.router(tessera: tessera, people: people, notes: NoteBook())
        var application = Application(router: router)
        application.addServices(tessera)
        try await application.test(.router) { client in try await body(client) }
    }

    @Test("Everybody reads the public page; who is signed in is greeted by name")
    func publicPage() async throws {
        try await withNotes { client async throws in
            let browser = Browser(client)
            #expect(String(buffer: try await browser.get("/").body).hasPrefix("Everybody"))
            _ = try await browser.signIn("ada", "ada")
            #expect(String(buffer: try await browser.get("/").body).hasPrefix("Hello, Ada Lovelace."))
        }
    }

    @Test("Without a session a browser is sent to sign in and back, a program is told 401")
    func refusal() async throws {
        try await withNotes { client async throws in
            let browser = Browser(client)
            let page = try await browser.get("/notes?of=today")
            #expect(page.status == .temporaryRedirect)
            #expect(page.headers[.location] == "/api/auth/signin?callbackUrl=%2Fnotes%3Fof%3Dtoday")
            #expect(try await browser.get("/notes", accept: "application/json").status == .unauthorized)
            #expect(try await browser.post("/notes", "no").status == .unauthorized)
        }
    }

    @Test("Notes are their owner's alone")
    func notes() async throws {
        try await withNotes { client async throws in
            let ada = Browser(client)
            let grace = Browser(client)
            #expect(try await ada.signIn("ada", "ada").status == .ok)
            #expect(try await grace.signIn("grace", "grace").status == .ok)
            #expect(try await ada.post("/notes", "buy milk").status == .created)
            #expect(String(buffer: try await ada.get("/notes").body) == "- buy milk\n")
            #expect(String(buffer: try await grace.get("/notes").body) == "")
        }
    }

    @Test("A wrong password signs nobody in", arguments: [("ada", "grace"), ("nobody", "nobody"), ("ada", "")])
    func wrongPassword(username: String, password: String) async throws {
        try await withNotes { client async throws in
            let browser = Browser(client)
            #expect(try await browser.signIn(username, password).status == .unauthorized)
            #expect(try await browser.get("/notes").status == .temporaryRedirect)
        }
    }

    @Test("The session shows the role that the jwt callback gave", arguments: [("ada", "member"), ("root", "admin")])
    func role(username: String, role: String) async throws {
        try await withNotes { client async throws in
            let browser = Browser(client)
            _ = try await browser.signIn(username, username)
            let session = try JSONObject(
                parsing: Array(try await browser.get("/api/auth/session").body.readableBytesView))
            #expect(session["role"] == .string(role))
            #expect(session["user"]?.object?["email"] == .string("\(username)@example.com"))
        }
    }

    @Test("Only an administrator may suspend; a suspended user's sessions end at once, and nobody else's")
    func suspending() async throws {
        try await withNotes { client async throws in
            let (root, ada, phone, grace) = (Browser(client), Browser(client), Browser(client), Browser(client))
            for (browser, user) in [(root, "root"), (ada, "ada"), (phone, "ada"), (grace, "grace")] {
                #expect(try await browser.signIn(user, user).status == .ok)
            }
            #expect(try await grace.post("/admin/suspend/ada").status == .unauthorized)
            #expect(try await ada.get("/notes").status == .ok)
            #expect(try await root.post("/admin/suspend/nobody").status == .notFound)

            #expect(try await root.post("/admin/suspend/ada").status == .noContent)
            for browser in [ada, phone] {
                #expect(try await browser.get("/notes", accept: "application/json").status == .unauthorized)
            }
            #expect(try await grace.get("/notes").status == .ok)
            #expect(try await root.get("/notes").status == .ok)

            let refused = try await ada.signIn("ada", "ada")
            #expect(refused.status == .unauthorized)
            #expect(String(buffer: refused.body).contains("suspended"))
        }
    }
}
