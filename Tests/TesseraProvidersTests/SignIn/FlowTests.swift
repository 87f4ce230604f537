import JSON
import TesseraCore
import TesseraRuntime
import Testing

@testable import TesseraProviders

@Suite("Contract 10: journeys", .timeLimit(.minutes(1)))
struct FlowTests {
    private typealias Script = ScriptedProvider

    private func script() -> ScriptedProvider {
        var script = Script("gitlab")
        script.answers["https://gitlab.com/oauth/token"] = Script.tokens(["expires_in": 7200, "refresh_token": "r"])
        script.answers["https://gitlab.com/api/v4/user"] = Script.json(["id": 42, "email": "A@X.example"])
        return script
    }

    @Test("99, 101, 111, 112, 117, 118, 119 What is sent, and what an account keeps")
    func whole() async throws {
        var script = script()
        script.settings.clientID = "c s:c"
        let outcome = try await script.run()
        let address = outcome.address
        #expect(address["response_type"] == "code" && address["scope"] == "read_user")
        #expect(address["code_challenge_method"] == "S256")
        let request = try #require(outcome.seen("https://gitlab.com/oauth/token"))
        // "c s:c" becomes "c+s%3Ac" before base64.
        #expect(
            request.headers["authorization"]?.hasPrefix("Basic \(Base64.encode(Array("c+s%3Ac:".utf8)))".prefix(16))
                == true)
        #expect(request.basic?.first == "c s:c")
        #expect(request.form["code_verifier"] == outcome.begin.checks[.pkceCodeVerifier])
        let end = try outcome.user
        #expect(end.account.providerAccountID == "42" && end.user.email == "a@x.example")
        #expect(end.account.tokens["expires_at"] == .integer(now.seconds + 7200))
        #expect(end.account.tokens["expires_in"] == nil)
    }

    @Test("107, 108 Without check cookies, or with another state, the code goes nowhere")
    func states() async throws {
        var lost = script()
        lost.bringsChecks = false
        var other = script()
        other.back["state"] = "another"
        var missing = script()
        missing.back["state"] = ""
        for (script, cause) in [(lost, "check_missing"), (other, "state_mismatch"), (missing, "state_mismatch")] {
            let outcome = try await script.run()
            #expect(outcome.failure?.code == .callback && outcome.failure?.cause == cause)
            #expect(outcome.seen.isEmpty)
        }
    }

    @Test("109 A provider's error is told in its own word where the standards have it, and in none otherwise")
    func providerErrors() async throws {
        var script = script()
        script.back["error"] = "access_denied"
        #expect(try await script.run().failure?.reason == .accessDenied)
        script.back["error"] = "<script>"
        let failure = try await script.run().failure
        #expect(failure?.reason == nil && failure?.message.contains("script") == false)
        script.settings.facts = .v4
        #expect(try await script.run().failure?.code == .providerError)
    }

    @Test("120 A profile without an id names nobody")
    func noID() async throws {
        var script = script()
        script.answers["https://gitlab.com/api/v4/user"] = Script.json(["email": "a@x.example"])
        #expect(try await script.run().failure?.code == .profile)
    }

    @Test("No code, no token, HTML, another status, a redirect: each is a refusal that says so")
    func broken() async throws {
        let token = "https://gitlab.com/oauth/token"
        let cases: [(String, @Sendable (SeenRequest) -> Canned, String)] = [
            (token, { _ in .json(["token_type": "bearer"]) }, "response_malformed"),
            (token, { _ in .text("<html>") }, "response_malformed"),
            (token, { _ in .text("", status: 503) }, "status_unexpected"),
            (token, { _ in .redirect("https://gitlab.com/elsewhere") }, "redirect_refused"),
            (token, { _ in .json(["access_token": "t", "token_type": "mac"]) }, "token_type_unsupported"),
            ("https://gitlab.com/api/v4/user", { _ in .text("no", status: 401) }, "status_unexpected"),
            ("https://gitlab.com/api/v4/user", { _ in .json([1]) }, "response_malformed"),
        ]
        for (address, answer, cause) in cases {
            var script = script()
            script.answers[address] = answer
            let failure = try await script.run().failure
            #expect(failure?.cause == cause)
            #expect(failure?.message.contains("the-code") == false)
        }
        var noCode = script()
        noCode.back["code"] = ""
        #expect(try await noCode.run().failure?.cause == "code_missing")
    }

    @Test("A form-encoded token response is read, a token type in any case, a lifetime as a text")
    func lenient() async throws {
        var script = script()
        script.answers["https://gitlab.com/oauth/token"] = { _ in
            .text("access_token=t&token_type=BEARER&expires_in=60", type: "application/x-www-form-urlencoded")
        }
        #expect(try await script.run().user.account.tokens["expires_at"] == .integer(now.seconds + 60))
    }

    @Test("121 A provider whose document cannot be had cannot begin")
    func discoveryFails() async throws {
        let outcome = try await Script("google").run()
        #expect(outcome.failure?.code == .begin && outcome.failure?.cause == "status_unexpected")
    }

    @Test("113 One discovery and one fetch of the keys serve many sign-ins")
    func cached() async throws {
        let script = Script.openID("okta", issuer: "https://o.example", ["issuer": "https://o.example"])
        let seen = Shared<[String]>([])
        try await withServer({ request in
            seen.change { $0.append(request.path) }
            return script.answers["https:/" + request.path]?(request) ?? .text("", status: 404)
        }) { port in
            let provider = try ConfiguredProvider(script.settings).signIn(
                http: RoutedHTTP(port: port), clock: WallClock { now }
            ).redirecting
            for _ in 0..<5 {
                let begin = try await provider.begin(signInRequest("POST"), callbackURL: EverySignInTests.callback)
                _ = try await provider.finish(
                    signInRequest(query: ["code": "c", "state": begin.state]), checks: begin.checks,
                    callbackURL: EverySignInTests.callback)
            }
            #expect(seen.value.filter { $0.hasSuffix("openid-configuration") }.count == 1)
            #expect(seen.value.filter { $0.hasSuffix("jwks") }.count == 1)
            #expect(seen.value.filter { $0.hasSuffix("token") }.count == 5)
        }
    }
}
