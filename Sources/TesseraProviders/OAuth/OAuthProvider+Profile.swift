import JOSE
import JSON
import Logging
import TesseraCore
import TesseraRuntime

extension OAuthProvider {
    /// A photo of more bytes is left out: it would not fit a session token.
    static let photoLimit = 16 << 10

    /// The raw profile, complete: from the ID token or the userinfo endpoint, with what further requests add.
    func profile(
        _ tokens: TokenResponse, claims: JSONObject, _ request: SignInRequest
    ) async throws(ProvidersError) -> JSONObject {
        var values = provider.values
        values["accessToken"] = tokens.accessToken
        values.token = tokens.members
        var profile = claims
        if provider.entry.profileSource == .userinfo {
            profile = try await userinfo(values)
            if provider.entry.kind == .oidc { try checkSubject(profile, claims) }
        }
        addPostedUser(request, to: &profile)
        if provider.settings.completesProfile {
            for enrichment in provider.entry.enrichments {
                try await add(enrichment, to: &profile, values, tokens, claims)
            }
        }
        return profile
    }

    private func checkSubject(_ profile: JSONObject, _ claims: JSONObject) throws(ProvidersError) {
        guard let subject = claims["sub"]?.string, profile["sub"] == .string(subject) else {
            throw ProvidersError(.subjectMismatch, "the profile is of somebody else than the ID token")
        }
    }

    private func userinfo(_ values: PlaceholderValues) async throws(ProvidersError) -> JSONObject {
        guard let request = provider.entry.userinfo else {
            throw ProvidersError(.facts, "there is no userinfo request")
        }
        let url: String
        if let text = provider.userinfoURL {
            url = try values.url(text)
        } else {
            guard let found = try await documents?.current().userinfoEndpoint else {
                throw ProvidersError(.malformed, "the discovery document has no userinfo_endpoint")
            }
            url = found
        }
        let response = try await send(request, url: url, values, limit: OutboundRequest.standardLimit)
        let document = try await document(response, request)
        try ProfileQuirks(provider).refuseError(document)
        let part = request.unwrap.map { $0.value(in: document) } ?? document
        guard let object = part?.object else {
            throw ProvidersError(.malformed, "the profile is not where the provider should have it")
        }
        return object
    }

    private func document(
        _ response: OutboundResponse, _ request: ProfileRequest
    ) async throws(ProvidersError) -> JSONValue {
        guard let algorithm = request.signedWith else { return try Self.json(response) }
        guard let documents, let token = String(validating: response.body, as: UTF8.self) else {
            throw ProvidersError(.malformed, "the profile is no signed token")
        }
        let rules = try await documents.rules(clientID: provider.clientID, algorithm: algorithm)
        let claims = try await open(token.trimmingSpace, rules)
        try rules.checkOrigin(claims)
        return .object(claims)
    }

    /// JSON, whatever its content type.
    private static func json(_ response: OutboundResponse) throws(ProvidersError) -> JSONValue {
        do throws(JSONError) { return try JSONValue(parsing: response.body) } catch {
            throw ProvidersError(.malformed, "the profile is no JSON: \(error)")
        }
    }

    private func send(
        _ request: ProfileRequest, url: String, _ values: PlaceholderValues, limit: Int
    ) async throws(ProvidersError) -> OutboundResponse {
        var headers = [
            ("Accept", request.signedWith == nil ? "application/json" : "application/jwt"),
            ("User-Agent", provider.settings.userAgent),
        ]
        let token = values["accessToken"] ?? ""
        switch request.authentication {
        case .bearer: headers.append(("Authorization", "Bearer \(token)"))
        case .token: headers.append(("Authorization", "token \(token)"))
        case .none: break
        case .oauth1: throw ProvidersError(.facts, "OAuth 1.0a is another protocol")
        }
        var body: [UInt8]?
        if let wanted = request.body { body = try wanted.bytes(values, headers: &headers) }
        headers += values.pairs(request.headers)
        let response = try await http.send(
            OutboundRequest(
                method: request.method.rawValue, url: url.addingQuery(values.pairs(request.query)), headers: headers,
                body: body, limit: limit, timeout: provider.settings.timeout))
        guard response.isSuccess else {
            throw ProvidersError(.status, "the profile was answered with status \(response.status)")
        }
        return response
    }

    // MARK: What is added

    /// Apple's name of the user, which is posted once, and not signed: nothing but the name is taken from it.
    private func addPostedUser(_ request: SignInRequest, to profile: inout JSONObject) {
        guard provider.has(.appleFormPostUser), let text = request.body["user"]?.string, text.utf8.count <= 4096,
            let user = try? JSONObject(parsing: Array(text.utf8)), let name = user["name"]?.object
        else { return }
        profile["user"] = ["name": .object(name)]
    }

    private func add(
        _ enrichment: Enrichment, to profile: inout JSONObject, _ values: PlaceholderValues, _ tokens: TokenResponse,
        _ claims: JSONObject
    ) async throws(ProvidersError) {
        let sources = MappingSources(
            profile: .object(profile), token: tokens.members, claims: claims, parameters: values.all)
        if let condition = enrichment.condition, !condition.holds(over: sources) { return }
        do throws(ProvidersError) {
            let answer = try await answer(to: enrichment, values)
            var answerSources = sources
            answerSources.profile = answer
            var document = JSONValue.object(profile)
            for assignment in enrichment.assignments {
                guard let value = assignment.expression.value(over: answerSources) else { continue }
                document = assignment.target.setting(value, in: document)
            }
            profile = document.object ?? profile
        } catch {
            guard enrichment.isOptional else { throw error }
            logger.info(
                "profile is incomplete", metadata: ["provider": "\(id)", "cause": "\(error.code.rawValue)"])
        }
    }

    private func answer(
        to enrichment: Enrichment, _ values: PlaceholderValues
    ) async throws(ProvidersError) -> JSONValue {
        guard let text = enrichment.request.url else { throw ProvidersError(.facts, "the request has no address") }
        let url = try values.url(text)
        switch enrichment.response {
        case .json:
            let response = try await send(enrichment.request, url: url, values, limit: OutboundRequest.standardLimit)
            return ProfileQuirks(provider).filter(try Self.json(response))
        case .dataURL(let mediaType):
            let response = try await send(enrichment.request, url: url, values, limit: Self.photoLimit)
            return .string("data:\(mediaType);base64,\(Base64.encode(response.body))")
        }
    }
}

extension ProfileRequest.Body {
    /// The bytes, with placeholders replaced, and their content type.
    func bytes(
        _ values: PlaceholderValues, headers: inout [(String, String)]
    ) throws(ProvidersError) -> [UInt8] {
        let value = try Self.filled(value, values)
        switch form {
        case .json:
            headers.append(("Content-Type", "application/json"))
            return value.serialized()
        case .form:
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))
            let pairs = value.object?.members.map { (name: $0.name, value: $0.value.mappedText ?? "") } ?? []
            return Array(OAuthProvider.form(pairs).utf8)
        case .multipart: throw ProvidersError(.facts, "a profile is not asked for with a multipart form")
        }
    }

    static func filled(_ value: JSONValue, _ values: PlaceholderValues) throws(ProvidersError) -> JSONValue {
        switch value {
        case .string(let text):
            guard let filled = values.text(try PlaceholderText(text, at: "body")) else {
                throw ProvidersError(.settings, "a placeholder of the body has no value")
            }
            return .string(filled)
        case .array(let elements):
            var result: [JSONValue] = []
            for element in elements { result.append(try filled(element, values)) }
            return .array(result)
        case .object(let object):
            var result = JSONObject()
            for member in object.members { result[member.name] = try filled(member.value, values) }
            return .object(result)
        case .null, .bool, .integer, .number: return value
        }
    }
}

extension IDTokenRules {
    /// Checks a signed profile: it needs to be the issuer's and for us, and has no lifetime.
    func checkOrigin(_ claims: JSONObject) throws(ProvidersError) {
        try issuer.check(claims, document: documentIssuer)
        let policy = JWTClaimsPolicy(requiresExpiry: false, tolerance: Self.tolerance, audiences: [clientID])
        let now = claims["exp"]?.integer.map { max($0, .min + 1) - 1 } ?? 0
        do throws(JOSEError) { try policy.check(claims, now: now) } catch {
            throw ProvidersError(.idTokenInvalid, "the profile is refused: \(error)")
        }
    }
}

extension String {
    var trimmingSpace: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
