import JOSE
import JSON
import Synchronization
import Tessera
import TesseraProviders

/// An OpenID provider for `--demo`, in the program itself at `/dev/openid`: so that signing in elsewhere can be tried
/// without an account anywhere. Its users are those of the demo, and nobody is asked for a password.
struct DemoProvider: Sendable {
    /// Where its pages are.
    static let path = "/dev/openid"
    private static let clientID = "demo"
    /// How long a code counts, in seconds, and how many are kept.
    private static let codeLifetime: Int64 = 60
    private static let codeLimit = 1000

    let issuer: String
    private let callbackURL: String
    /// Where a browser goes that has signed out here.
    private let signedOutURL: String
    private let clientSecret: String
    private let key: JWK
    private let codes = Codes()
    private let clock: WallClock
    private let random: RandomBytes

    /// What a code stands for.
    struct Grant: Sendable {
        let user: String
        let nonce: String?
        let challenge: String
        let expires: Timestamp
    }

    private final class Codes: Sendable {
        let issued = Mutex<[String: Grant]>([:])
    }

    /// - Parameter url: where the demo is reached.
    init(url: PublicURL, clock: WallClock = .system, random: RandomBytes = .system) throws {
        issuer = "\(url.origin)\(Self.path)"
        callbackURL = "\(url)/callback/demo"
        signedOutURL = "\(url)/signout/callback/demo"
        clientSecret = Base64URL.encode(random.bytes(32))
        key = try JWK.generate(on: .p256, restrictions: JWK.Restrictions(kid: "demo"))
        self.clock = clock
        self.random = random
    }

    /// The provider as the demo is configured with it.
    func signInProvider() throws(ProviderProblems) -> SignInProvider {
        var settings = ProviderSettings("demo", clientID: Self.clientID, clientSecret: clientSecret)
        settings.isInPrivateNetwork = true
        settings.federatedSignOut = .ask
        settings.definition = [
            "name": "Demo ID", "protocol": "oidc", "issuer": .string(issuer),
            "discovery": ["url": .string("\(issuer)/.well-known/openid-configuration")],
            "authorization": ["fromDiscovery": true, "params": ["scope": "openid profile email"]],
            "token": ["fromDiscovery": true, "method": "POST", "auth": "client_secret_post"],
            "idToken": ["signingAlg": "ES256"], "profileSource": "id_token",
            "profile": ["id": "/sub", "name": "/name", "email": "/email", "image": ["const": nil]],
            "style": ["bg": "#1f4d3a", "text": "#ffffff"],
        ]
        let provider = try ConfiguredProvider(settings)
        return try provider.signIn(http: provider.network)
    }

    var metadata: JSONObject {
        [
            "issuer": .string(issuer), "authorization_endpoint": .string("\(issuer)/authorize"),
            "token_endpoint": .string("\(issuer)/token"), "jwks_uri": .string("\(issuer)/keys"),
            "end_session_endpoint": .string("\(issuer)/logout"),
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "authorization_response_iss_parameter_supported": true,
        ]
    }

    func keys() throws -> JSONObject { ["keys": [.object(try key.publicJSON())]] }

    /// Whether a request to sign in is one of this demo's.
    func accepts(_ values: [String: String]) -> Bool {
        values["client_id"] == Self.clientID && values["redirect_uri"] == callbackURL
            && values["response_type"] == "code" && values["code_challenge_method"] == "S256"
            && values["code_challenge"]?.isEmpty == false
    }

    /// Where the browser goes once its user has chosen who he is; nobody is a refusal.
    func answer(_ values: [String: String], user: String?) -> String {
        var pairs = [("iss", issuer)]
        if let state = values["state"] { pairs.append(("state", state)) }
        if let user, DemoUsers.logins.contains(where: { $0.username == user }) {
            pairs.append(("code", issue(values, user: user)))
        } else {
            pairs.append(("error", "access_denied"))
        }
        let query = pairs.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
        return "\(callbackURL)?\(query)"
    }

    private func issue(_ values: [String: String], user: String) -> String {
        let code = Base64URL.encode(random.bytes(32))
        let grant = Grant(
            user: user, nonce: values["nonce"], challenge: values["code_challenge"] ?? "",
            expires: clock.now() + .seconds(Self.codeLifetime))
        let now = clock.now()
        codes.issued.withLock { issued in
            if issued.count >= Self.codeLimit { issued = issued.filter { $0.value.expires > now } }
            if issued.count < Self.codeLimit { issued[code] = grant }
        }
        return code
    }

    /// Where the browser goes that wants to sign out; `nil` for a request that is not one of this demo's. There is nothing
    /// to end: who one is, is asked each time.
    func answerToSignOut(_ values: [String: String]) -> String? {
        guard values["client_id"] == Self.clientID, values["post_logout_redirect_uri"] == signedOutURL else {
            return nil
        }
        return "\(signedOutURL)?state=\(PercentEncoding.encode(values["state"] ?? ""))"
    }

    /// The token response; `nil` for a code that does not count. A code counts once.
    func tokens(_ form: [String: String]) throws -> JSONObject? {
        guard form["grant_type"] == "authorization_code", form["client_id"] == Self.clientID,
            form["redirect_uri"] == callbackURL,
            constantTimeEqual(Array((form["client_secret"] ?? "").utf8), Array(clientSecret.utf8)),
            let grant = codes.issued.withLock({ $0.removeValue(forKey: form["code"] ?? "") }),
            grant.expires > clock.now(), let verifier = form["code_verifier"],
            Base64URL.encode(try SHA256.hash(verifier)) == grant.challenge
        else { return nil }
        let now = clock.now().seconds
        var claims: JSONObject = [
            "iss": .string(issuer), "aud": .string(Self.clientID), "sub": .string("demo-\(grant.user)"),
            "iat": .integer(now), "exp": .integer(now + 300), "name": .string(grant.user.capitalized),
            "email": .string("\(grant.user)@example.com"), "email_verified": true,
        ]
        claims["nonce"] = grant.nonce.map(JSONValue.string)
        let token = try JWS.sign(
            claims.serialized(), using: key, alg: .es256, header: HeaderParameters(kid: key.kid, typ: "JWT"))
        return [
            "access_token": .string(Base64URL.encode(random.bytes(32))), "token_type": "Bearer", "expires_in": 300,
            "id_token": .string(token),
        ]
    }
}

extension String {
    /// With a capital first letter.
    fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}
