import JSON
import Testing

@testable import TesseraProviders

@Suite("Placeholders")
struct PlaceholderTests {
    private func text(_ text: String) throws -> PlaceholderText { try PlaceholderText(text, at: "test") }

    @Test("A value at the beginning is a URL without slashes at its end; one in the path or query is encoded")
    func urls() throws {
        let values = PlaceholderValues(
            ["issuer": "https://id.example/realm//", "tenantId": "a b/c", "accessToken": "t/1?&"])
        #expect(try values.url(text("{issuer}/.well-known/x")) == "https://id.example/realm/.well-known/x")
        #expect(try values.url(text("https://x.example/{tenantId}/v2")) == "https://x.example/a%20b%2Fc/v2")
        #expect(try values.url(text("https://x.example/t?a={accessToken}")) == "https://x.example/t?a=t%2F1%3F%26")
        #expect(try values.url(text("{issuer}")) == "https://id.example/realm//", "a whole URL stays as it is")
    }

    @Test("A value within the host must be a label", arguments: ["a.evil.example/", "a@b", "", "a:1", "x/y", "é"])
    func hosts(value: String) throws {
        let values = PlaceholderValues(["accountID": value])
        let template = try text("https://{accountID}.app.example/x")
        let error = #expect(throws: ProvidersError.self) { try values.url(template) }
        #expect(error?.message.contains("accountID") == true)
        #expect(
            try PlaceholderValues(["accountID": "123-sb1"]).url(template) == "https://123-sb1.app.example/x")
    }

    @Test("A parameter whose placeholder has no value is left out; elsewhere that is an error")
    func missing() throws {
        let values = PlaceholderValues(["a": "1"])
        let pairs = [("x", try text("{a}")), ("y", try text("{b}")), ("z", try text("fixed"))]
        #expect(values.pairs(pairs.map { (name: $0.0, text: $0.1) }).map(\.name) == ["x", "z"])
        #expect(throws: ProvidersError.self) { try values.url(text("https://x.example/{b}")) }
    }

    @Test("Fields of the token response can be named")
    func tokenFields() throws {
        let values = PlaceholderValues([:], token: ["user_id": 9_007_199_254_740_993])
        #expect(try values.url(text("https://x.example/{token:/user_id}/")) == "https://x.example/9007199254740993/")
    }

    @Test("Braces have to match", arguments: ["{", "a}", "{}", "{a{b}}", "{a"])
    func braces(wrong: String) {
        #expect(throws: ProvidersError.self) { try PlaceholderText(wrong, at: "test") }
    }

    @Test("Defaults may name other parameters")
    func defaults() throws {
        let provider = try ConfiguredProvider(
            ProviderSettings(
                "azure-ad-b2c", clientID: "a", clientSecret: "b",
                parameters: ["tenantId": "contoso", "primaryUserFlow": "B2C_1_in"]))
        #expect(
            provider.discoveryURL
                == "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_in/v2.0/.well-known/openid-configuration"
        )
        let descope = try ConfiguredProvider(ProviderSettings("descope", clientID: "P2abc", clientSecret: "b"))
        #expect(descope.issuer == "https://api.descope.com/P2abc")
    }
}
