import JSON
import TesseraRuntime
import Testing

@testable import TesseraProviders

@Suite("Quirks of enterprise sign-on and of single vendors", .timeLimit(.minutes(1)))
struct EnterpriseQuirkTests {
    private typealias Script = ScriptedProvider

    @Test("netsuite-userinfo-restlet: JSON is read whatever its content type, and the address's own query goes along")
    func netsuite() async throws {
        let userinfo = "https://123456.restlets.api.netsuite.com/app/site/hosting/restlet.nl"
        var script = Script("netsuite", ["accountID": "123456", "userinfo": "\(userinfo)?script=9&deploy=1"])
        let token = try #require(try ConfiguredProvider(script.settings).tokenURL)
        script.answers[token] = Script.tokens()
        script.answers[userinfo] = { request in
            guard request.query("script") == "9", request.query("deploy") == "1" else {
                return .text("", status: 404)
            }
            return .text("{\"id\": \"7\", \"name\": \"Ada\", \"email\": \"ada@x.example\"}", type: "text/plain")
        }
        let end = try await script.run().user
        #expect(end.account.providerAccountID == "7")
        #expect(end.user.email == "ada@x.example")
    }

    @Test("fusionauth-www-authenticate: the header means nothing in an answer that is a success")
    func fusionAuth() async throws {
        let issuer = "https://fusion.example"
        var script = Script.openID("fusionauth", issuer: issuer, ["issuer": issuer]) { $0["name"] = "Ada" }
        let right = try #require(script.answers["\(issuer)/token"])
        let url = try ConfiguredProvider(script.settings).tokenURL ?? "\(issuer)/token"
        script.answers[url] = { request in
            var answer = right(request)
            answer.headers.append(("WWW-Authenticate", "Basic realm=\"FusionAuth\", error=\"invalid_client\""))
            return answer
        }
        #expect(try await script.run().user.account.providerAccountID == "subject")
    }

    @Test(
        "salesforce-no-checks, state-required, 100, 102: state goes to every provider, whatever its file turns off",
        arguments: [("salesforce", FactsVersion.v4), ("salesforce", .recommended), ("battlenet", .recommended)])
    func state(id: String, version: FactsVersion) async throws {
        let standIn = try EverySignInTests.standIn(id, version)
        var script = Script(id, standIn.parameters)
        script.settings.facts = version
        let provider = try ConfiguredProvider(script.settings)
        #expect(provider.usesPKCE)
        if let issuer = provider.issuer, let url = provider.discoveryURL {
            script.answers[url] = Script.json([
                "issuer": .string(issuer), "authorization_endpoint": "https://a.example/authorize",
            ])
        }
        let address = try await script.run().address
        #expect(address["state"]?.isEmpty == false)
        #expect(address["code_challenge_method"] == "S256")
    }

    @Test(
        "instagram-basic-display-closed, medium-closed: the operator is warned",
        arguments: ["instagram", "medium"])
    func closed(id: String) throws {
        let provider = try ConfiguredProvider(ProviderSettings(id, clientID: "a", clientSecret: "b"))
        #expect(provider.warnings.count == 1)
        #expect(provider.warnings.first?.hasPrefix("providers.\(id): ") == true)
    }
}
