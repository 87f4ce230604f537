import JOSE
import JSON
import TesseraCore
import Testing

@testable import TesseraProviders

/// A provider made from the raw facts of an entry: it publishes what the entry says, and refuses a request that is not
/// as the facts have it. It reads the table's JSON itself, so that a fact that the engine reads wrongly is noticed.
struct StandIn: Sendable {
    let facts: JSONObject
    let parameters: [String: String]
    let clientID: String
    let clientSecret: String
    let keys: [SignatureAlgorithm: JWK]
    /// What went on between the browser and it.
    let journey = Shared(Journey())
    /// Complaints about requests that are not as the facts say.
    let complaints = Shared<[String]>([])
    let profile: JSONValue
    let tokenExtras: JSONObject

    struct Journey: Sendable {
        var challenge: String?
        var nonce: String?
        var redirect = ""
        var tokenRequests = 0
        var userinfoRequests = 0
    }

    static let code = "code/with+odd=characters"
    static let accessToken = "access/token~1"

    init(_ facts: JSONObject, entry: ProviderEntry, parameters: [String: String], keys: [SignatureAlgorithm: JWK]) {
        self.facts = facts
        self.parameters = parameters
        self.keys = keys
        clientID = "client id:1"
        clientSecret = "secret of at least 32 bytes: 0123456789"
        var sample = SampleDocument()
        if let mapping = entry.profile {
            for expression in [mapping.id, mapping.name, mapping.email, mapping.image] { sample.add(expression) }
        }
        for name in entry.quirks.contains(.wechatAppID) ? ["openid", "unionid"] : [] {
            if let pointer = JSONPointer("/\(name)") {
                sample.set(SourcePointer(source: .token, pointer: pointer), .string("token-\(name)"))
            }
        }
        for name in ["membership_id", "user_id"] {
            if let pointer = JSONPointer("/\(name)") {
                sample.set(SourcePointer(source: .token, pointer: pointer), .string("token-\(name)"))
            }
        }
        profile = sample.profile
        tokenExtras = sample.token.object ?? JSONObject()
    }

    var id: String { facts["id"]?.string ?? "" }
    var isOIDC: Bool { facts["protocol"] == "oidc" }
    var issuer: String? { facts["issuer"]?.string.map(fill) }
    private var host: String { issuer.flatMap { WebURL($0)?.origin.host } ?? "standin.example" }

    /// Fills braces in, in the test's own simple way.
    func fill(_ text: String) -> String {
        var result = text
        for _ in 0..<3 {
            for (name, value) in parameters { result = result.replacing("{\(name)}", with: value) }
        }
        for (name, value) in [
            ("clientId", clientID), ("clientSecret", clientSecret), ("accessToken", Self.accessToken),
            ("userAgent", "Tessera"), ("redirectUri", journey.value.redirect), ("code", Self.code),
        ] { result = result.replacing("{\(name)}", with: value) }
        for member in tokenExtras.members {
            result = result.replacing("{token:/\(member.name)}", with: member.value.string ?? "")
        }
        return result
    }

    func endpoint(_ name: String) -> String {
        if let url = facts[name]?.object?["url"]?.string { return fill(url).replacing("//.well", with: "/.well") }
        return "https://\(host)/standin/\(name)"
    }

    // MARK: Answers

    func answer(_ request: SeenRequest) async -> Canned {
        let address = "https:/" + request.path
        if let discovery = facts["discovery"]?.object, matches(address, discovery["url"]?.string) {
            expect(discovery["query"], in: request, "discovery")
            return discoveryDocument()
        }
        if address == "https://\(host)/standin/jwks" { return keySet() }
        if matches(address, endpoint("token")), request.method == "POST", isTokenRequest(request) {
            return token(request)
        }
        if let userinfo = facts["userinfo"]?.object, matches(address, endpoint("userinfo")) {
            return self.userinfo(userinfo, request)
        }
        for enrichment in facts["enrich"]?.array ?? [] where matches(address, enrichment.object?["url"]?.string) {
            return self.enrichment(enrichment.object ?? JSONObject(), request)
        }
        complain("nothing is at \(request.method) \(address)")
        return .text("not found", status: 404)
    }

    private func isTokenRequest(_ request: SeenRequest) -> Bool {
        request.form["grant_type"] != nil || request.form["code"] != nil
    }

    private func matches(_ address: String, _ url: String?) -> Bool {
        guard let url else { return false }
        let wanted = fill(url).split(separator: "?")[0].replacing("//.well-known", with: "/.well-known")
        return PercentEncoding.decode(wanted) == address || wanted == address
    }

    private func complain(_ text: String) { complaints.change { $0.append(text) } }

    private func require(_ holds: Bool, _ text: String) { if !holds { complain(text) } }

    /// Every parameter of the facts has to be in the query.
    private func expect(_ query: JSONValue?, in request: SeenRequest, _ what: String) {
        for member in query?.object?.members ?? [] {
            let wanted = fill(member.value.string ?? member.value.description)
            guard !wanted.contains("{") else { continue }
            require(request.query(member.name) == wanted, "\(what): \(member.name) is not \(wanted)")
        }
    }

    private func discoveryDocument() -> Canned {
        let template = facts["discovery"]?.object?["issuerCheck"] == "tenant-template"
        let named = template ? "https://\(host)/{tenantid}/v2.0" : issuer ?? ""
        return .json([
            "issuer": .string(named), "authorization_endpoint": .string(endpoint("authorization")),
            "token_endpoint": .string("https://\(host)/standin/token"),
            "userinfo_endpoint": .string("https://\(host)/standin/userinfo"),
            "jwks_uri": .string("https://\(host)/standin/jwks"),
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        ])
    }

    private func keySet() -> Canned {
        let keys = self.keys.values.compactMap { key -> JSONValue? in
            key.keyType == .octets ? nil : (try? key.publicJSON()).map(JSONValue.object)
        }
        return .json(["keys": .array(keys)])
    }

    private func token(_ request: SeenRequest) -> Canned {
        journey.change { $0.tokenRequests += 1 }
        let facts = self.facts["token"]?.object ?? JSONObject()
        let form = request.form
        switch facts["auth"]?.string {
        case "client_secret_basic": require(request.basic == [clientID, clientSecret], "token: not Basic")
        case "client_secret_post":
            require(form["client_secret"] == clientSecret || id == "apple", "token: no secret in the body")
            require(request.headers["authorization"] == nil, "token: both ways at once")
        default: require(request.headers["authorization"] == nil, "token: authenticated")
        }
        if facts["replaceBody"] != true {
            require(form["grant_type"] == "authorization_code", "token: no grant_type")
            require(form["code"] == Self.code, "token: another code")
            require(form["redirect_uri"] == journey.value.redirect, "token: another redirect_uri")
            if let challenge = journey.value.challenge {
                let hash = (try? SHA256.hash(form["code_verifier"] ?? "")).map { Base64URL.encode($0) }
                require(hash == challenge, "token: the verifier does not fit the challenge")
            } else {
                require(form["code_verifier"] == nil, "token: a verifier without a challenge")
            }
        }
        for member in facts["params"]?.object?.members ?? [] {
            require(form[member.name] == fill(member.value.string ?? ""), "token: \(member.name)")
        }
        expect(facts["query"], in: request, "token")
        require(request.headers["accept"] == "application/json", "token: does not ask for JSON")
        return .json(.object(tokenResponse()))
    }

    private func tokenResponse() -> JSONObject {
        var response: JSONObject = [
            "access_token": .string(Self.accessToken), "refresh_token": "refresh", "expires_in": 3600,
            "scope": "granted",
        ]
        if id != "wechat", id != "vk" { response["token_type"] = "bearer" }
        for member in tokenExtras.members { response[member.name] = member.value }
        if isOIDC { response["id_token"] = .string(idToken()) }
        return response
    }

    private func claims() -> JSONObject {
        var claims = facts["profileSource"] == "id_token" ? profile.object ?? JSONObject() : JSONObject()
        let tenant = "11111111-2222-3333-4444-555555555555"
        let template = facts["discovery"]?.object?["issuerCheck"] == "tenant-template"
        claims["iss"] = .string(template ? "https://\(host)/\(tenant)/v2.0" : issuer ?? "")
        if template { claims["tid"] = .string(tenant) }
        claims["aud"] = .string(clientID)
        claims["iat"] = 1_800_000_000
        claims["exp"] = 1_800_000_600
        if claims["sub"] == nil { claims["sub"] = profile.object?["sub"] ?? "Sample-sub" }
        claims["nonce"] = journey.value.nonce.map(JSONValue.string)
        return claims
    }

    private func idToken() -> String {
        let name = facts["idToken"]?.object?["signingAlg"]?.string ?? ""
        return sign(claims(), SignatureAlgorithm(rawValue: name) ?? .rs256)
    }

    private func sign(_ claims: JSONObject, _ algorithm: SignatureAlgorithm) -> String {
        guard let key = keys[algorithm],
            let token = try? JWS.sign(
                claims.serialized(), using: key, alg: algorithm, header: HeaderParameters(kid: key.kid))
        else { return "" }
        return token
    }

    private func userinfo(_ facts: JSONObject, _ request: SeenRequest) -> Canned {
        journey.change { $0.userinfoRequests += 1 }
        checkProfileRequest(facts, request, "userinfo")
        var document = profile
        if isOIDC, document.object?["sub"] == nil {
            var object = document.object ?? JSONObject()
            object["sub"] = claims()["sub"]
            document = .object(object)
        }
        if id == "wechat" {
            var object = document.object ?? JSONObject()
            object["unionid"] = .string("Sample-unionid")
            document = .object(object)
        }
        if facts["response"] == "jwt" {
            var signed = document.object ?? JSONObject()
            signed["iss"] = .string(issuer ?? "")
            signed["aud"] = .string(clientID)
            return .text(sign(signed, .rs256), type: "application/jwt")
        }
        if let unwrap = facts["unwrap"]?.string, let pointer = JSONPointer(unwrap) {
            document = SampleDocument.setting(document, at: pointer.steps[...], in: nil)
        }
        return .json(document)
    }

    private func checkProfileRequest(_ facts: JSONObject, _ request: SeenRequest, _ what: String) {
        require(request.method == facts["method"]?.string, "\(what): the method is \(request.method)")
        let authorization = request.headers["authorization"]
        switch facts["auth"]?.string {
        case "bearer": require(authorization == "Bearer \(Self.accessToken)", "\(what): no bearer token")
        case "token": require(authorization == "token \(Self.accessToken)", "\(what): no token")
        case "none": require(authorization == nil, "\(what): an Authorization header too many")
        default: complain("\(what): auth")
        }
        expect(facts["query"], in: request, what)
        for member in facts["headers"]?.object?.members ?? [] {
            let sent = request.headers[member.name.lowercased()]
            require(
                sent == fill(member.value.string ?? ""), "\(what): the header \(member.name) is \(sent ?? "missing")")
        }
        require(request.headers["user-agent"]?.isEmpty == false, "\(what): no User-Agent")
        if let body = facts["body"]?.object?["value"] {
            require((try? JSONValue(parsing: request.body)) == body, "\(what): another body")
        }
    }

    private func enrichment(_ facts: JSONObject, _ request: SeenRequest) -> Canned {
        checkProfileRequest(facts, request, "enrich")
        if facts["response"] == "dataUrl" { return Canned(headers: [("Content-Type", "image/jpeg")], body: [1, 2, 3]) }
        if id == "github" {
            return .json(
                [
                    ["email": "other@example.com", "primary": false, "verified": true],
                    ["email": "Primary@example.com", "primary": true, "verified": true],
                ] as JSONValue)
        }
        var sample = SampleDocument()
        for (_, value) in facts["assign"]?.object?.members ?? [] {
            if let expression = try? Expression(value, at: "assign") { sample.add(expression) }
        }
        return .json(sample.profile)
    }
}
