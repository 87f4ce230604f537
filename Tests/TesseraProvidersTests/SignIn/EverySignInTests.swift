import JOSE
import JSON
import TesseraCore
import TesseraRuntime
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraProviders

/// Every entry of the table that redirects, signed in through whole: at a server that is made from the entry's facts.
@Suite("Every provider of the table", .timeLimit(.minutes(3)))
struct EverySignInTests {
    static let callback = "https://app.example/api/auth/callback/x"

    /// Entry and facts; OAuth 1.0a has a suite of its own.
    static let cases: [(id: String, version: FactsVersion)] = {
        var cases: [(String, FactsVersion)] = []
        for id in (try? ProviderTable.ids()) ?? [] {
            for version in FactsVersion.allCases {
                guard let facts = try? ProviderTable.facts(of: id),
                    let entry = try? version.entry(facts, parameters: [:]), [.oidc, .oauth2].contains(entry.kind),
                    version == .recommended || facts["newer"] != nil
                else { continue }
                cases.append((id, version))
            }
        }
        return cases
    }()

    /// What an operator would set: examples where there are any.
    static func settings(_ id: String, _ version: FactsVersion, _ standIn: StandIn) -> ProviderSettings {
        var settings = ProviderSettings(
            id, clientID: standIn.clientID, clientSecret: standIn.clientSecret, parameters: standIn.parameters)
        settings.facts = version
        return settings
    }

    static func standIn(_ id: String, _ version: FactsVersion) throws -> StandIn {
        let facts = try #require(try ProviderTable.facts(of: id))
        let entry = try version.entry(facts, parameters: [:])
        var parameters: [String: String] = [:]
        for parameter in entry.parameters where parameter.isRequired || parameter.standard != nil {
            let standard = parameter.standard.flatMap { PlaceholderValues(parameters).text($0) }
            let value = parameter.example ?? standard ?? parameter.values.first ?? "example-value"
            parameters[parameter.name] = value.hasPrefix("http:") ? "https://example.com" : value
        }
        let secret = try JWK(secret: SecretBytes(Array("secret of at least 32 bytes: 0123456789".utf8)))
        return StandIn(
            try version.patched(facts, parameters: parameters), entry: entry, parameters: parameters,
            keys: [.rs256: try #require(TestKeys.rsa), .es256: try #require(TestKeys.ec), .hs256: secret])
    }

    @Test("100, 102, 113 is signed in through, with its newer facts and with those of v4", arguments: cases)
    func signIn(id: String, version: FactsVersion) async throws {
        let standIn = try Self.standIn(id, version)
        standIn.journey.change { $0.redirect = Self.callback }
        try await withServer({ await standIn.answer($0) }) { port in
            let configured = try ConfiguredProvider(Self.settings(id, version, standIn))
            let provider = try configured.signIn(
                http: RoutedHTTP(port: port), clock: WallClock { now }, random: .seeded(7)
            ).redirecting
            let begin = try await provider.begin(signInRequest("POST"), callbackURL: Self.callback)
            let address = Address(begin.url)
            try Self.check(address, begin, standIn, configured)
            standIn.journey.change { journey in
                journey.challenge = address["code_challenge"]
                journey.nonce = address["nonce"]
            }
            var answer = ["code": StandIn.code, "state": begin.state]
            if configured.issuer != nil, id != "azure-ad", id != "microsoft-entra-id" { answer["iss"] = standIn.issuer }
            let end = try await provider.finish(
                signInRequest(query: answer), checks: begin.checks, callbackURL: Self.callback)
            #expect(standIn.complaints.value == [])
            try Self.check(end, standIn, configured)
        }
    }

    private static func check(
        _ address: Address, _ begin: RedirectBegin, _ standIn: StandIn, _ provider: ConfiguredProvider
    ) throws {
        #expect(address.url == standIn.endpoint("authorization").split(separator: "?")[0])
        for name in Set(address.query.map(\.name)) { #expect(address.count(name) == 1, "\(name) is there twice") }
        #expect(address["client_id"] == standIn.clientID)
        #expect(address["redirect_uri"] == callback)
        #expect(address["state"] == begin.state && begin.checks[.state] == begin.state)
        let facts = standIn.facts["authorization"]?.object?["params"]?.object ?? JSONObject()
        #expect(address["response_type"] == (facts["response_type"]?.string ?? "code"))
        for member in facts.members {
            let wanted = standIn.fill(member.value.string ?? member.value.description)
            let isOpen = wanted.contains("{") && member.value.string != nil
            #expect(address[member.name] == (isOpen || wanted.isEmpty ? nil : wanted), "\(member.name)")
        }
        if facts["scope"] == nil, standIn.id != "faceit" { #expect(address["scope"] == nil) }
        #expect((address["nonce"] != nil) == provider.usesNonce)
        #expect((address["code_challenge"] != nil) == provider.usesPKCE)
        #expect(!address.text.contains("secret"), "no secret in an address that a browser sees")
    }

    private static func check(_ end: RedirectEnd, _ standIn: StandIn, _ provider: ConfiguredProvider) throws {
        let mapping = try #require(provider.entry.profile)
        let pointer = try #require(mapping.id.firstPointer)
        #expect(
            end.account.providerAccountID
                == (standIn.id == "wechat" ? "Sample-unionid" : SampleDocument.sample(pointer)))
        #expect(end.user.id == end.account.providerAccountID)
        #expect(end.account.provider == standIn.id && end.account.type == .oauth)
        if let name = mapping.name.firstPointer {
            #expect(end.user.name?.contains(SampleDocument.sample(name)) == true)
        }
        if standIn.facts["enrich"] == nil, let email = mapping.email.firstPointer, email.source == .profile {
            #expect(end.user.email == SampleDocument.sample(email).lowercased())
        }
        #expect(end.account.tokens["access_token"] == .string(StandIn.accessToken))
        #expect(end.account.tokens["expires_at"] == .integer(now.seconds + 3600))
        #expect(end.account.tokens["expires_in"] == nil)
        #expect((end.account.tokens["id_token"] != nil) == standIn.isOIDC)
        #expect(standIn.journey.value.tokenRequests == 1)
        #expect((standIn.journey.value.userinfoRequests == 1) == (standIn.facts["profileSource"] == "userinfo"))
    }

    @Test("All 93 that redirect with OAuth 2.0 or OpenID Connect are among them, Twitter's two protocols included")
    func complete() {
        #expect(Set(Self.cases.map(\.id)).count == 94)
        #expect(Self.cases.count > 120)
    }
}
