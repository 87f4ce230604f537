import TesseraRuntime
import Testing

@testable import TesseraProviders

/// The entries that send no browser away; those that do are signed in through in `EverySignInTests` and `OAuth1Tests`.
@Suite("The entries of e-mail, credentials and passkeys")
struct OtherEntriesTests {
    private static func ids(_ kinds: Set<ProviderEntry.Kind>) throws -> [String] {
        try ProviderTable.ids().filter { id in
            try ProviderTable.entry(id).map { kinds.contains($0.kind) } ?? false
        }
    }

    @Test("Eight send links: two by SMTP, six by a service's API")
    func mail() throws {
        let ids = try Self.ids([.email])
        #expect(
            ids == [
                "email", "forwardemail", "loops", "mailgun", "nodemailer", "postmark", "resend", "sendgrid",
            ])
        for id in ids {
            var parameters = ["from": "no-reply@mg.example.com"]
            for parameter in try #require(try ProviderTable.entry(id)).parameters where parameter.isRequired {
                parameters[parameter.name] = parameters[parameter.name] ?? "value"
            }
            if parameters["server"] != nil { parameters["server"] = "smtp://u:p@mail.example.com" }
            let provider = try SignInProvider.known(ProviderSettings(id, parameters: parameters))
            guard case .email(let email) = provider else {
                Issue.record("\(id) sends no links")
                continue
            }
            #expect(email.id == id)
            #expect(email.maxAge == .seconds(86_400))
        }
    }

    @Test("credentials-authorize-hook, webauthn-ceremony: three cannot be had by name alone, and say so")
    func byTheApplication() throws {
        let ids = try Self.ids([.credentials, .webauthn])
        #expect(ids == ["credentials", "passkey", "webauthn"])
        for id in ids {
            let settings = ProviderSettings(id, clientID: "a", clientSecret: "b")
            let error = #expect(throws: ProviderProblems.self) { try SignInProvider.known(settings) }
            #expect(error?.problems.first?.contains("needs the application") == true, "\(id)")
        }
    }

    @Test("So all 105 are accounted for")
    func all() throws {
        let redirecting = Set(EverySignInTests.cases.map(\.id))
        let others = try Set(Self.ids([.email, .credentials, .webauthn]))
        #expect(redirecting.isDisjoint(with: others))
        #expect(try redirecting.union(others) == Set(ProviderTable.ids()))
        #expect(redirecting.count == 94 && others.count == 11)
    }
}
