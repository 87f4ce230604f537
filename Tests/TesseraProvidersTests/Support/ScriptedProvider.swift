import JOSE
import JSON
import TesseraCore
import TesseraRuntime
import TesseraTestKit
import TesseraTokens

@testable import TesseraProviders

/// A sign-in at an entry whose answers a test gives, address by address.
struct ScriptedProvider: Sendable {
    /// What is answered, by address without query; closures see the request.
    var answers: [String: @Sendable (SeenRequest) -> Canned] = [:]
    var settings: ProviderSettings
    /// Further parameters of the sign-in request.
    var begin: [String: String] = [:]
    /// What the provider sends back with the browser, besides code and state.
    var back: [String: String] = [:]
    /// The same, in the body of a POST.
    var posted: [String: String]?
    /// Whether the browser has its check cookies.
    var bringsChecks = true

    /// What became of it.
    struct Outcome: Sendable {
        var begin = RedirectBegin(url: "", state: "", checks: [:])
        var end: Result<RedirectEnd, SignInFailure>?
        var seen: [SeenRequest] = []

        var address: Address { Address(begin.url) }
        var failure: SignInFailure? { if case .failure(let failure) = end { failure } else { nil } }

        var user: RedirectEnd {
            get throws {
                guard let end else { throw ProvidersError(.unavailable, "the journey has not ended") }
                return try end.get()
            }
        }

        func seen(_ address: String) -> SeenRequest? { seen.first { "https:/" + $0.path == address } }
    }

    init(_ id: String, _ parameters: [String: String] = [:]) {
        settings = ProviderSettings(
            id, clientID: "client", clientSecret: "secret-of-32-bytes-0123456789-abc", parameters: parameters)
    }

    /// A usual token response, with further members.
    static func tokens(_ more: JSONObject = JSONObject()) -> @Sendable (SeenRequest) -> Canned {
        var answer: JSONObject = ["access_token": "access-token", "token_type": "Bearer"]
        for member in more.members { answer[member.name] = member.value }
        let fixed = answer
        return { _ in .json(.object(fixed)) }
    }

    static func json(_ value: JSONValue) -> @Sendable (SeenRequest) -> Canned { { _ in .json(value) } }

    /// Goes the whole way, as far as it goes.
    func run() async throws -> Outcome {
        let seen = Shared<[SeenRequest]>([])
        let outcome = Shared(Outcome())
        try await withServer({ request in
            seen.change { $0.append(request) }
            guard let answer = answers["https:/" + request.path] else { return .text("not found", status: 404) }
            return answer(request)
        }) { port in
            let provider = try ConfiguredProvider(settings).signIn(
                http: RoutedHTTP(port: port), clock: WallClock { now }, random: .seeded(11)
            ).redirecting
            do {
                let begin = try await provider.begin(
                    signInRequest("POST", query: begin), callbackURL: EverySignInTests.callback)
                outcome.change { $0.begin = begin }
                let end = try await provider.finish(
                    answer(to: begin), checks: bringsChecks ? begin.checks : [:],
                    callbackURL: EverySignInTests.callback)
                outcome.change { $0.end = .success(end) }
            } catch let failure as SignInFailure {
                outcome.change { $0.end = .failure(failure) }
            }
        }
        let requests = seen.value
        outcome.change { $0.seen = requests }
        return outcome.value
    }

    private func answer(to begin: RedirectBegin) -> SignInRequest {
        var values = ["code": "the-code", "state": begin.state]
        for (name, value) in back { values[name] = value.isEmpty ? nil : value }
        guard let posted else { return signInRequest(query: values) }
        for (name, value) in posted { values[name] = value }
        return signInRequest("POST", body: JSONObject(values.map { ($0.key, .string($0.value)) }))
    }
}

/// An OpenID Connect entry with a discovery document, keys, and ID tokens of a test's making.
extension ScriptedProvider {
    /// Without a nonce, which a script could not know.
    ///
    /// - Parameter claims: changes the claims before the token is signed.
    static func openID(
        _ id: String, issuer: String, document: String? = nil, _ parameters: [String: String] = [:],
        tokenURL: String? = nil, members: JSONObject = JSONObject(),
        claims: @escaping @Sendable (inout JSONObject) -> Void = { _ in }
    ) -> ScriptedProvider {
        var script = ScriptedProvider(id, parameters)
        script.settings.usesNonce = false
        let base = document ?? issuer
        let host = WebURL(base).map { "\($0.origin)" } ?? base
        var metadata: JSONObject = [
            "issuer": .string(issuer), "authorization_endpoint": .string("\(host)/authorize"),
            "token_endpoint": .string("\(host)/token"), "jwks_uri": .string("\(host)/jwks"),
            "userinfo_endpoint": .string("\(host)/userinfo"),
        ]
        for member in members.members { metadata[member.name] = member.value }
        let published = metadata
        script.answers["\(base)/.well-known/openid-configuration"] = { _ in .json(.object(published)) }
        script.answers["\(host)/jwks"] = { _ in
            let key = TestKeys.rsa.flatMap { try? $0.publicJSON() }
            return .json(["keys": .array(key.map { [.object($0)] } ?? [])])
        }
        script.answers[tokenURL ?? "\(host)/token"] = { _ in
            var all: JSONObject = [
                "iss": .string(issuer), "sub": "subject", "aud": "client", "iat": .integer(now.seconds),
                "exp": .integer(now.seconds + 300),
            ]
            claims(&all)
            return tokens(["id_token": .string(sign(all))])(
                SeenRequest(method: "", path: "", query: [], headers: [:], body: []))
        }
        return script
    }

    static func sign(_ claims: JSONObject) -> String {
        guard let key = TestKeys.rsa else { return "" }
        return (try? JWS.sign(claims.serialized(), using: key, alg: .rs256, header: HeaderParameters(kid: key.kid)))
            ?? ""
    }
}
