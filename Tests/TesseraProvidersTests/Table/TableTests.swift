import JSON
import Testing

@testable import TesseraProviders

@Suite("The provider table")
struct TableTests {
    static let ids = (try? ProviderTable.ids()) ?? []

    @Test(
        "has 105 entries: 34 of OpenID Connect, 59 of OAuth 2.0, 1 of OAuth 1.0a, 8 e-mail, 1 credentials, 2 passkeys")
    func counts() throws {
        #expect(Self.ids.count == 105)
        var kinds: [String: Int] = [:]
        for id in Self.ids {
            let kind = try #require(try ProviderTable.facts(of: id)?["protocol"]?.string)
            kinds[kind, default: 0] += 1
        }
        #expect(kinds == ["oidc": 34, "oauth2": 59, "oauth1": 1, "email": 8, "credentials": 1, "webauthn": 2])
    }

    @Test("is read strictly in every form that it can be used in", arguments: ids)
    func everyForm(id: String) throws {
        let facts = try #require(try ProviderTable.facts(of: id))
        for version in FactsVersion.allCases {
            let plain = try version.entry(facts, parameters: [:])
            for parameter in plain.parameters {
                for value in parameter.values {
                    _ = try version.entry(facts, parameters: [parameter.name: value])
                }
            }
            // The list of what is required says the same as the parameters do.
            guard version == .v4 else { continue }
            var required = Set(plain.parameters.filter(\.isRequired).map(\.name))
            if [.oidc, .oauth2, .oauth1].contains(plain.kind) { required.formUnion(["clientId", "clientSecret"]) }
            #expect(Set(facts["requires"]?.array?.compactMap(\.string) ?? []) == required)
        }
    }

    @Test("names all 53 quirks and no other")
    func quirks() throws {
        var used: Set<ProviderQuirk> = []
        for id in Self.ids {
            let facts = try #require(try ProviderTable.facts(of: id))
            for version in FactsVersion.allCases {
                used.formUnion(try version.entry(facts, parameters: [:]).quirks)
                used.formUnion(try version.entry(facts, parameters: ["version": "2.0"]).quirks)
            }
        }
        #expect(used == Set(ProviderQuirk.allCases))
        #expect(ProviderQuirk.allCases.count == 53)
    }

    @Test(
        "An unknown quirk, member, check or form of an expression is an error that says where",
        arguments: [
            ("quirks", "[\"no-such-quirk\"]", "no-such-quirk"), ("colour", "1", "colour"),
            ("checks", "[\"all\"]", "checks"),
            (
                "profile", "{\"id\": {\"upper\": \"/id\"}, \"name\": \"/n\", \"email\": \"/e\", \"image\": \"/i\"}",
                "profile.id"
            ),
            ("profile", "{\"id\": \"id\", \"name\": \"/n\", \"email\": \"/e\", \"image\": \"/i\"}", "profile.id"),
            ("protocol", "\"saml\"", "protocol"), ("token", "{\"method\": \"POST\", \"auth\": \"none\"}", "token.url"),
            ("authorization", "{\"url\": \"https://{host\", \"params\": {}}", "authorization.url"),
        ])
    func strict(member: String, value: String, place: String) throws {
        var facts = try #require(try ProviderTable.facts(of: "spotify"))
        facts[member] = try JSONValue(parsing: Array(value.utf8))
        let error = #expect(throws: ProvidersError.self) { try FactsVersion.v4.entry(facts, parameters: [:]) }
        #expect(error?.code == .facts)
        #expect(error?.message.contains(place) == true, "\(error?.message ?? "")")
    }

    @Test("Newer facts are adopted as recommended: in whole, in part, not at all; and strictly v4 on request")
    func newer() throws {
        func entry(_ id: String, _ version: FactsVersion = .recommended) throws -> ProviderEntry {
            try version.entry(#require(try ProviderTable.facts(of: id)), parameters: [:])
        }
        #expect(try entry("linkedin").kind == .oidc)
        #expect(try entry("linkedin", .v4).kind == .oauth2)
        #expect(try entry("linkedin").userinfo == nil, "what is unset is gone")
        #expect(try entry("twitter").kind == .oauth2)
        #expect(try entry("twitter", .v4).kind == .oauth1)
        // Cognito: the authorization parameters, not the profile.
        #expect(
            try entry("cognito").authorization?.parameters.map(\.text.pieces).description.contains("profile") == true)
        #expect(try entry("cognito").profile == entry("cognito", .v4).profile)
        // The id on main would change the callback URL.
        #expect(try entry("duende-identityserver6").id == "duende-identityserver6")
    }

    @Test("A variant is selected by a parameter's value")
    func variants() throws {
        let wechat = try #require(try ProviderTable.facts(of: "wechat"))
        let standard = try FactsVersion.recommended.entry(wechat, parameters: [:])
        let website = try FactsVersion.recommended.entry(wechat, parameters: ["platformType": "WebsiteApp"])
        #expect(standard.authorization?.url?.pieces == [.text("https://open.weixin.qq.com/connect/oauth2/authorize")])
        #expect(website.authorization?.url?.pieces == [.text("https://open.weixin.qq.com/connect/qrconnect")])
        let twitter = try #require(try ProviderTable.facts(of: "twitter"))
        #expect(try FactsVersion.v4.entry(twitter, parameters: ["version": "2.0"]).kind == .oauth2)
        let mailgun = try #require(try ProviderTable.facts(of: "mailgun"))
        let european = try FactsVersion.recommended.entry(mailgun, parameters: ["region": "EU"])
        #expect(european.email?.request?.url.pieces.first == .text("https://api.eu.mailgun.net/v3/"))
    }
}
