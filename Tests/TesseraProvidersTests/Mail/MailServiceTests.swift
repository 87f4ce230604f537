import JSON
import TesseraCore
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraProviders

@Suite("Mail services of the table", .timeLimit(.minutes(1)))
struct MailServiceTests {
    private static let message = MailService.Message(
        from: "no-reply@mg.example.com", to: "ada@example.com", subject: "Sign in", html: "<p>\"{x}\"</p>",
        text: "line\nline", url: "https://app.example/callback?token=1&email=a", host: "app.example")

    private static let services = ["forwardemail", "loops", "mailgun", "postmark", "resend", "sendgrid"]

    private func settings(_ id: String, region: String? = nil) -> ProviderSettings {
        var settings = ProviderSettings(
            id, parameters: ["apiKey": "the-key", "from": Self.message.from, "transactionalId": "template"])
        if id != "loops" { settings.parameters["transactionalId"] = nil }
        settings.parameters["region"] = region
        return settings
    }

    /// What the facts say, filled in by simple means.
    private func fill(_ value: JSONValue) -> JSONValue {
        var text = value.description
        for (name, value) in [
            ("from", Self.message.from), ("to", Self.message.to), ("subject", Self.message.subject),
            ("html", Self.message.html), ("text", Self.message.text), ("url", Self.message.url),
            ("apiKey", "the-key"), ("fromDomain", "mg.example.com"), ("providerName", "Mailgun"),
            ("transactionalId", "template"),
        ] {
            let escaped = String(JSONValue.string(value).description.dropFirst().dropLast())
            text = text.replacing("{\(name)}", with: escaped)
        }
        return (try? JSONValue(parsing: Array(text.utf8))) ?? .null
    }

    @Test("gets the request that the facts describe", arguments: services + ["mailgun-eu"])
    func request(name: String) async throws {
        let id = name == "mailgun-eu" ? "mailgun" : name
        let settings = settings(id, region: name == "mailgun-eu" ? "EU" : nil)
        let raw = try FactsVersion.recommended.patched(
            #require(try ProviderTable.facts(of: id)), parameters: settings.parameters)
        let facts = try #require(raw["email"]?.object?["request"]?.object)
        let seen = Shared<[SeenRequest]>([])
        try await withServer({ request in
            seen.change { $0.append(request) }
            return Canned(status: 202)
        }) { port in
            let service = try #require(
                MailService(try ConfiguredProvider(settings), http: RoutedHTTP(port: port), random: .seeded(1)))
            try await service.send(Self.message)
        }
        let request = try #require(seen.value.first)
        #expect("https:/" + request.path == fill(facts["url"] ?? .null).string)
        #expect(request.method == "POST")
        for member in facts["headers"]?.object?.members ?? [] {
            #expect(request.headers[member.name.lowercased()] == fill(member.value).string, "\(member.name)")
        }
        let wanted = fill(facts["body"]?.object?["value"] ?? .null)
        if facts["body"]?.object?["type"] == "json" {
            #expect(try JSONValue(parsing: request.body) == wanted)
        } else {
            let text = String(decoding: request.body, as: UTF8.self)
            for member in wanted.object?.members ?? [] {
                #expect(text.contains("name=\"\(member.name)\"\r\n\r\n\(member.value.string ?? "")\r\n--"))
            }
            #expect(request.basic == ["api", "the-key"])
        }
    }

    @Test("An answer without success is an error, and says no more than its status")
    func refused() async throws {
        try await withServer({ _ in .text("the-key is wrong", status: 401) }) { port in
            let service = try #require(
                MailService(try ConfiguredProvider(settings("resend")), http: RoutedHTTP(port: port)))
            let error = await #expect(throws: ProvidersError.self) { try await service.send(Self.message) }
            #expect(error?.code == .status && error?.message.contains("the-key") == false)
        }
    }

    @Test(
        "mailgun-domain-from-sender: the sender is a bare address", arguments: ["Me <me@x.example>", "me", "a@b@c", ""])
    func bareSender(from: String) {
        var settings = settings("mailgun")
        settings.parameters["from"] = from
        #expect(throws: ProviderProblems.self) { try ConfiguredProvider(settings) }
    }

    @Test("Every service needs its key")
    func keys() {
        for id in Self.services {
            var settings = settings(id)
            settings.parameters["apiKey"] = nil
            #expect(throws: ProviderProblems.self, "\(id)") { try ConfiguredProvider(settings) }
        }
    }
}
