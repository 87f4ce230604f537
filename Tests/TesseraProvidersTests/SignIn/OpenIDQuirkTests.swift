import JOSE
import JSON
import TesseraCore
import TesseraRuntime
import Testing

@testable import TesseraProviders

@Suite("Quirks of OpenID Connect providers", .timeLimit(.minutes(2)))
struct OpenIDQuirkTests {
    private typealias Script = ScriptedProvider
    private static let tenant = "11111111-2222-3333-4444-555555555555"
    private static let microsoft = "https://login.microsoftonline.com"

    /// Microsoft's answers for many tenants, with a token of this tenant.
    private func microsoft(_ id: String = "microsoft-entra-id", tenant: String?, issuer: String? = nil)
        -> ScriptedProvider
    {
        let iss = issuer ?? "\(Self.microsoft)/\(tenant ?? "")/v2.0"
        return Script.openID(
            id, issuer: "\(Self.microsoft)/{tenantid}/v2.0", document: "\(Self.microsoft)/common/v2.0"
        ) { claims in
            claims["iss"] = .string(iss)
            claims["tid"] = tenant.map(JSONValue.string)
            claims["email"] = "Ada@contoso.example"
            claims["email_verified"] = true
        }
    }

    @Test("microsoft-tenant-issuer: the issuer is the one of the token's tenant, which may have to be on a list")
    func tenants() async throws {
        var script = microsoft(tenant: Self.tenant)
        let end = try await script.run().user
        #expect(end.user.email == "ada@contoso.example")
        #expect(end.isEmailVerified == false, "any tenant's administrator can write any address")
        script.settings.tenants = ["99999999-2222-3333-4444-555555555555"]
        #expect(try await script.run().failure?.cause == "id_token_invalid")
        script.settings.tenants = [Self.tenant]
        #expect(try await script.run().user.user.id == "subject")
        let other = microsoft(tenant: Self.tenant, issuer: "\(Self.microsoft)/other/v2.0")
        #expect(try await other.run().failure?.cause == "id_token_invalid")
        let without = microsoft(tenant: nil, issuer: "\(Self.microsoft)/{tenantid}/v2.0")
        #expect(try await without.run().failure?.cause == "id_token_invalid")
    }

    @Test("microsoft-tenant-issuer: a tenant that is configured is the only one")
    func oneTenant() async throws {
        func script(_ tid: String) -> ScriptedProvider {
            let issuer = "\(Self.microsoft)/\(Self.tenant)/v2.0"
            return Script.openID("microsoft-entra-id", issuer: issuer, ["issuer": issuer]) { claims in
                claims["tid"] = .string(tid)
            }
        }
        #expect(try await script(Self.tenant).run().user.user.id == "subject")
        #expect(try await script("another").run().failure?.cause == "id_token_invalid")
    }

    @Test(
        "azure-photo-fetch: a photo becomes a data URL; none, or one that is too large, is left out; it can be switched off"
    )
    func photo() async throws {
        var script = microsoft(tenant: Self.tenant)
        let address = "https://graph.microsoft.com/v1.0/me/photos/48x48/$value"
        script.answers[address] = { _ in Canned(headers: [("Content-Type", "image/jpeg")], body: [0xFF, 0xD8, 0xFF]) }
        #expect(try await script.run().user.user.image == "data:image/jpeg;base64,/9j/")
        script.settings.completesProfile = false
        let off = try await script.run()
        #expect(try off.user.user.image == nil)
        #expect(off.seen(address) == nil)
        script.settings.completesProfile = true
        script.answers[address] = { _ in Canned(body: [UInt8](repeating: 0, count: 20_000)) }
        #expect(try await script.run().user.user.image == nil)
    }

    @Test(
        "b2c-issuer-from-metadata: the issuer is the document's, of the same host; the token must be of the user flow")
    func b2c() async throws {
        let policy = "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_in/v2.0"
        func script(_ issuer: String, _ flow: String?) -> ScriptedProvider {
            Script.openID(
                "azure-ad-b2c", issuer: issuer, document: policy,
                ["tenantId": "contoso", "primaryUserFlow": "B2C_1_in"]
            ) { claims in
                claims["tfp"] = flow.map(JSONValue.string)
                claims["emails"] = ["B@x.example"]
            }
        }
        let issuer = "https://contoso.b2clogin.com/\(Self.tenant)/v2.0/"
        #expect(try await script(issuer, "b2c_1_IN").run().user.user.email == "b@x.example")
        #expect(try await script(issuer, nil).run().user.user.id == "subject")
        #expect(try await script(issuer, "B2C_1_other").run().failure?.cause == "id_token_invalid")
        #expect(try await script("https://evil.example/v2.0/", nil).run().failure?.cause == "issuer_mismatch")
    }

    @Test(
        "Only the last two labels of a host may be common, three in a country's second level",
        arguments: [
            ("https://oauth.battle.net", "https://eu.battle.net/oauth", true),
            ("https://battle.net.evil.example", "https://eu.battle.net/oauth", false),
            ("http://oauth.battle.net", "https://eu.battle.net/oauth", false),
            ("https://evil.com.cn/x", "https://www.battlenet.com.cn/oauth", false),
            ("https://oauth.battlenet.com.cn", "https://www.battlenet.com.cn/oauth", true),
        ])
    func parents(document: String, configured: String, isAccepted: Bool) throws {
        let provider = try ConfiguredProvider(
            ProviderSettings("battlenet", clientID: "a", clientSecret: "b", parameters: ["issuer": configured]))
        let rule = IssuerRule(provider, issuer: configured)
        #expect(((try? rule.accept(document: document)) != nil) == isAccepted)
    }

    @Test("linkedin-v4-mixed: either of LinkedIn's names is its issuer")
    func linkedIn() async throws {
        for issuer in ["https://www.linkedin.com", "https://www.linkedin.com/oauth"] {
            let script = Script.openID("linkedin", issuer: issuer, document: "https://www.linkedin.com/oauth")
            #expect(try await script.run().user.user.id == "subject")
        }
        let other = Script.openID(
            "linkedin", issuer: "https://evil.example", document: "https://www.linkedin.com/oauth")
        #expect(try await other.run().failure?.cause == "issuer_mismatch")
    }

    // MARK: Apple

    private func apple() -> ScriptedProvider {
        Script.openID("apple", issuer: "https://appleid.apple.com") { claims in
            claims["email"] = "ada@x.example"
            claims["email_verified"] = "true"
        }
    }

    @Test("form-post-callback, apple-form-post-user: the posted name counts, and nothing else of it")
    func appleUser() async throws {
        var script = apple()
        let cases = [
            (
                "{\"name\":{\"firstName\":\"Ada\",\"lastName\":\"Lovelace\"},\"email\":\"evil@x.example\"}",
                "Ada Lovelace"
            ),
            ("not JSON", "ada@x.example"), ("{\"name\":\"text\"}", "ada@x.example"),
            ("{\"sub\":\"evil\"}", "ada@x.example"),
        ]
        for (user, name) in cases {
            script.posted = ["user": user]
            let end = try await script.run().user
            #expect(end.user.name == name && end.user.email == "ada@x.example" && end.user.id == "subject")
            #expect(end.isEmailVerified == true, "Apple sends the word")
        }
        #expect(try await script.run().address["response_mode"] == "form_post")
    }

    @Test("apple-client-secret-jwt: the secret is made for each request, ES256 with Apple's claims")
    func appleSecret() async throws {
        var script = apple()
        let key = try JWK.generate(on: .p256)
        script.settings.clientSecret = nil
        script.settings.parameters = ["teamId": "TEAM1", "keyId": "KEY1", "privateKey": try pem(key)]
        let outcome = try await script.run()
        let form = try #require(outcome.seen("https://appleid.apple.com/token")).form
        #expect(form["client_id"] == "client")
        let verified = try JWS.verify(
            #require(form["client_secret"]), accepting: JWSPolicy(algorithms: [.es256], types: .any),
            keys: JWKSet([try JWK(pem: pem(key), restrictions: .init(kid: "KEY1")).publicKey()]))
        #expect(verified.header.kid == "KEY1")
        let claims = try JSONObject(parsing: verified.payload)
        #expect(claims["iss"] == "TEAM1" && claims["sub"] == "client" && claims["aud"] == "https://appleid.apple.com")
        #expect(claims["iat"]?.integer == now.seconds && claims["exp"]?.integer == now.seconds + 300)
        #expect(try outcome.user.account.tokens["access_token"] == "access-token")
    }

    /// A P-256 key as Apple hands it out: PKCS #8 in PEM.
    private func pem(_ key: JWK) throws -> String {
        let json = try key.privateJSON()
        func bytes(_ name: String) throws -> [UInt8] { try #require(Base64URL.decode(json[name]?.string ?? "")) }
        let point = try [0x04] + bytes("x") + bytes("y")
        let inner: [UInt8] =
            [0x02, 0x01, 0x01, 0x04, 0x20] + (try bytes("d")) + [0xA1, 0x44, 0x03, 0x42, 0x00] + point
        let algorithm: [UInt8] = [
            0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D,
            0x03, 0x01, 0x07,
        ]
        let sequence = [0x30, UInt8(inner.count)] + inner
        let octets = [0x04, UInt8(sequence.count)] + sequence
        let body = [0x02, 0x01, 0x00] + algorithm + octets
        let der = [0x30, 0x81, UInt8(body.count)] + body
        return "-----BEGIN PRIVATE KEY-----\n\(Base64.encode(der))\n-----END PRIVATE KEY-----\n"
    }

    // MARK: Who we are

    @Test("client_secret_jwt and private_key_jwt: an assertion for the token endpoint, and no secret")
    func assertions() async throws {
        var script = Script.openID("okta", issuer: "https://o.example", ["issuer": "https://o.example"])
        script.settings.clientAuthentication = "client_secret_jwt"
        let form = try #require(try await script.run().seen("https://o.example/token")).form
        #expect(form["client_secret"] == nil)
        #expect(form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        let key = try JWK(secret: SecretBytes(Array("secret-of-32-bytes-0123456789-abc".utf8)))
        let verified = try JWS.verify(
            #require(form["client_assertion"]), accepting: JWSPolicy(algorithms: [.hs256], types: .any),
            keys: JWKSet([key]))
        #expect(try JSONObject(parsing: verified.payload)["aud"] == "https://o.example/token")
        let own = try JWK.generate(on: .p256)
        script.settings.clientAuthentication = "private_key_jwt"
        script.settings.clientSecret = nil
        script.settings.clientKey = try pem(own)
        let second = try #require(try await script.run().seen("https://o.example/token")).form
        #expect(throws: Never.self) {
            try JWS.verify(
                #require(second["client_assertion"]), accepting: JWSPolicy(algorithms: [.es256], types: .any),
                keys: JWKSet([try own.publicKey()]))
        }
    }

    @Test("The secret goes into the body where the discovery document takes it only there")
    func discoveredAuthentication() async throws {
        let script = Script.openID(
            "okta", issuer: "https://o.example", ["issuer": "https://o.example"],
            members: ["token_endpoint_auth_methods_supported": ["client_secret_post"]])
        let request = try #require(try await script.run().seen("https://o.example/token"))
        #expect(request.headers["authorization"] == nil && request.form["client_secret"] != nil)
    }

    @Test(
        "A document cannot lead to an address without TLS",
        arguments: [
            "token_endpoint", "jwks_uri", "authorization_endpoint", "userinfo_endpoint",
        ])
    func plainEndpoints(name: String) async throws {
        let script = Script.openID(
            "okta", issuer: "https://o.example", ["issuer": "https://o.example"],
            members: JSONObject([(name, .string("http://169.254.169.254/latest"))]))
        let outcome = try await script.run()
        #expect(outcome.failure?.code == .begin)
        #expect(outcome.seen.count == 1)
    }
}
