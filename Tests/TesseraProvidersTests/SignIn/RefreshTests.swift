import JOSE
import JSON
import TesseraCore
import TesseraRuntime
import Testing

@testable import TesseraProviders

@Suite("Refreshing tokens, and what token endpoints answer", .timeLimit(.minutes(1)))
struct RefreshTests {
    private static let token = "https://gitlab.com/oauth/token"

    private func response(_ members: JSONObject, status: Int = 200) throws -> TokenResponse {
        var all: JSONObject = ["access_token": "a"]
        for member in members.members { all[member.name] = member.value }
        return try TokenResponse(
            OutboundResponse(status: status, body: all.serialized()), adding: JSONObject(), at: now)
    }

    @Test(
        "A lifetime that cannot be one is not known, and stops nothing",
        arguments: ["1e30", "-1e30", "1e19", "-9223372036854775808", "9223372036854775807", "\"1e30\"", "-1", "{}"])
    func lifetimes(text: String) throws {
        let members = try JSONObject(parsing: Array("{\"expires_in\": \(text)}".utf8))
        #expect(try response(members).accountFields(extra: [], keepsIDToken: false)["expires_at"] == nil)
    }

    @Test("A lifetime with a fraction is rounded down")
    func fraction() throws {
        let fields = try response(["expires_in": 59.9]).accountFields(extra: [], keepsIDToken: false)
        #expect(fields["expires_at"] == .integer(now.seconds + 59))
    }

    @Test("The expiry of a signed profile may be any number", arguments: ["-9223372036854775808", "1e30", "-1e30"])
    func expiry(text: String) async throws {
        let rules = IDTokenRules(
            clientID: "client", algorithm: .rs256,
            issuer: IssuerRule(
                try ConfiguredProvider(ProviderSettings("google", clientID: "client", clientSecret: "s")),
                issuer: "https://accounts.google.com"), documentIssuer: "https://accounts.google.com")
        let claims = try JSONObject(
            parsing: Array("{\"iss\": \"https://accounts.google.com\", \"aud\": \"client\", \"exp\": \(text)}".utf8))
        // Refused or not, it ends.
        _ = try? rules.checkOrigin(claims)
    }

    @Test("What is null or empty is no token", arguments: [JSONValue.null, ""])
    func empty(value: JSONValue) throws {
        let fields = try response(["refresh_token": value, "scope": value, "more": value])
            .accountFields(extra: ["more"], keepsIDToken: true)
        #expect(fields.members.map(\.name) == ["access_token"])
    }

    @Test(
        "A refresh that brings no refresh token keeps the old one, and no old expiry", arguments: [JSONValue.null, ""])
    func refresh(value: JSONValue) async throws {
        let tokens = try await refreshed { _ in .json(["access_token": "new", "refresh_token": value]) }
        #expect(tokens["access_token"] == "new" && tokens["refresh_token"] == "r1")
        #expect(tokens["expires_at"] == nil && tokens["scope"] == "read")
    }

    private func refreshed(_ answer: @escaping @Sendable (SeenRequest) -> Canned) async throws -> JSONObject {
        let result = Shared(JSONObject())
        try await withServer(answer) { port in
            let provider = try #require(
                try ConfiguredProvider(ScriptedProvider("gitlab").settings).signIn(
                    http: RoutedHTTP(port: port), clock: WallClock { now }
                ).redirecting as? any TokenRefreshing)
            let tokens = try await provider.refresh([
                "access_token": "old", "refresh_token": "r1", "scope": "read", "expires_at": 1,
            ])
            result.change { $0 = tokens }
        }
        return result.value
    }

    @Test(
        "Which refusals of a refresh are for good",
        arguments: [
            (400, "{\"error\": \"invalid_grant\"}", true), (403, "{\"error\": \"invalid_grant\"}", true),
            (200, "{\"error\": \"bad_refresh_token\"}", true), (400, "{\"error\": \"invalid_refresh_token\"}", true),
            (400, "{\"error\": \"Bad Request\", \"message\": \"Invalid refresh token\"}", true),
            (401, "{\"error\": \"interaction_required\"}", true), (400, "{\"error\": {\"code\": 1}}", true),
            (400, "{\"error\": \"temporarily_unavailable\"}", false), (400, "{\"error\": \"invalid_request\"}", false),
            (401, "{\"error\": \"invalid_client\"}", false), (400, "{\"error\": \"unauthorized_client\"}", false),
            (200, "{\"error\": \"incorrect_client_credentials\"}", false), (400, "{}", false), (400, "<html>", false),
            (500, "{\"error\": \"unknown\"}", false), (503, "", false),
        ])
    func refusals(status: Int, body: String, isFinal: Bool) async throws {
        let failure = await #expect(throws: TokenRefreshFailure.self) {
            try await refreshed { _ in .text(body, type: "application/json", status: status) }
        }
        #expect(failure?.isFinal == isFinal)
    }

    @Test("Nobody is asked between the answer to a refresh and its end; a genuine ID token is taken all the same")
    func nobodyIsAskedAfterwards() async throws {
        let script = ScriptedProvider.openID("okta", issuer: "https://o.example", ["issuer": "https://o.example"])
        let seen = Shared<[String]>([])
        try await withServer({ request in
            seen.change { $0.append(request.path) }
            return script.answers["https:/" + request.path]?(request) ?? .text("", status: 404)
        }) { port in
            let provider = try #require(
                try ConfiguredProvider(script.settings).signIn(
                    http: RoutedHTTP(port: port), clock: WallClock { now }
                ).redirecting as? any TokenRefreshing)
            let tokens = try await provider.refresh(["access_token": "old", "refresh_token": "r1"])
            #expect(tokens["id_token"]?.string != nil)
        }
        #expect(seen.value.contains { $0.hasSuffix("jwks") })
        #expect(seen.value.last?.hasSuffix("token") == true)
    }

    @Test("Where the keys cannot be had, the tokens are kept without an ID token")
    func withoutKeys() async throws {
        var script = ScriptedProvider.openID("okta", issuer: "https://o.example", ["issuer": "https://o.example"])
        script.answers["https://o.example/jwks"] = { _ in .text("", status: 503) }
        let answers = script.answers
        try await withServer({ answers["https:/" + $0.path]?($0) ?? .text("", status: 404) }) { port in
            let provider = try #require(
                try ConfiguredProvider(script.settings).signIn(
                    http: RoutedHTTP(port: port), clock: WallClock { now }
                ).redirecting as? any TokenRefreshing)
            let tokens = try await provider.refresh(["access_token": "old", "refresh_token": "r1", "id_token": "old"])
            #expect(tokens["access_token"] == "access-token" && tokens["id_token"] == "old")
        }
    }
}
