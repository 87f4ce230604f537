import HTTPTypes
import JSON
import Logging
import Tessera
import TesseraCore
import TesseraRuntime
import TesseraTestKit
import Testing

/// Whether an address has a user is not told: not by the answer, and not by the time that it takes.
@Suite("An address that is known and one that is not")
struct AddressSecrecyTests {
    /// What asking for a link costs and answers, without what is new every time.
    private struct Cost: Equatable {
        let calls: Int
        let messages: Int
        let status: Int
        let location: String?
        let headers: [String]
        let cookies: [String]
        let logged: [String]
    }

    private static func cost(
        of address: String, _ site: Site, _ directory: InMemoryDirectory, _ outbox: Outbox, _ log: Recorder<String>
    ) async throws -> Cost {
        var browser = site.browser()
        let token = try await browser.csrf()
        let before = (calls: directory.calls, messages: outbox.sent.values.count)
        log.removeAll()
        let reply = try await browser.post("signin/email", ["csrfToken": token, "email": address])
        return Cost(
            calls: directory.calls - before.calls, messages: outbox.sent.values.count - before.messages,
            status: reply.status, location: reply.location, headers: reply.headers.map(\.name.canonicalName),
            // Some names end with a label of the link.
            cookies: reply.setCookies.map { line in
                "\(line.name.split(separator: ".").prefix(2).joined(separator: ".")) \(line.order)"
            }, logged: log.values)
    }

    @Test(
        "cost the same work and get the same answer: a link sent, one that cannot be sent, one too many",
        arguments: [nil, MailError(.refused, "no")])
    func links(failure: MailError?) async throws {
        let (directory, outbox, clock) = (InMemoryDirectory(), Outbox(), ManualClock())
        outbox.failure.value = failure
        let log = Recorder<String>()
        var configuration = Site.configuration(clock: clock)
        configuration.directory = .store
        configuration.providers = [.email(EmailProvider(from: "no-reply@example.com", sender: outbox))]
        configuration.events.createUser = { _ in log.add("created") }
        let tessera = try await Tessera.open(
            configuration, over: OpenedStore(store: InMemoryStore(), directory: directory, attempts: directory),
            logger: Logger(label: "test") { _ in RecordingLogHandler(log) })
        let known = DirectoryUser(id: try #require(UserID("ada")), name: "Ada", email: "ada@example.com")
        #expect(try await directory.create(known, with: nil) == .done)
        try await withSite(tessera, clock: clock) { site in
            for _ in 0..<4 {
                let one = try await Self.cost(of: "ada@example.com", site, directory, outbox, log)
                let other = try await Self.cost(of: "bob@example.com", site, directory, outbox, log)
                #expect(one == other)
                #expect(one.calls > 0)
            }
        }
        #expect(outbox.sent.values.count == (failure == nil ? 6 : 0), "the fourth of each is one too many")
    }

    @Test("129 O5: who is refused for the address learns no more than that, whoever has it")
    func refusal() async throws {
        try await withAccounts { site in
            var ada = site.browser()
            try await ada.signIn(at: "a", as: "ada", email: "ada@example.com")
            var other = site.browser()
            let reply = try await other.signIn(at: "b", as: "x", email: "ada@example.com")
            #expect(reply.location == "\(Site.base)/error?error=OAuthAccountNotLinked")
            let page = try await other.get("signin?error=OAuthAccountNotLinked")
            #expect(!page.body.contains("ada@") && !page.body.contains("Ada"))
            #expect(page.status == 200)
        }
    }
}
