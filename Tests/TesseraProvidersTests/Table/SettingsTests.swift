import JSON
import TesseraRuntime
import Testing

@testable import TesseraProviders

@Suite("Settings of a provider")
struct SettingsTests {
    private func problems(_ settings: ProviderSettings) -> [String] {
        do throws(ProviderProblems) {
            _ = try ConfiguredProvider(settings)
            return []
        } catch {
            return error.problems
        }
    }

    private func settings(
        _ id: String, _ parameters: [String: String] = [:], change: (inout ProviderSettings) -> Void = { _ in }
    ) -> ProviderSettings {
        var settings = ProviderSettings(id, clientID: "a", clientSecret: "b", parameters: parameters)
        change(&settings)
        return settings
    }

    @Test("What is missing or wrong is said in words, all of it at once")
    func words() {
        #expect(
            problems(ProviderSettings("github")) == [
                "providers.github: clientId is missing", "providers.github: clientSecret is missing",
            ])
        let keycloak = problems(settings("keycloak"))
        #expect(keycloak.count == 1)
        #expect(keycloak.first?.hasPrefix("providers.keycloak: issuer is missing: ") == true)
        #expect(
            problems(settings("keycloak", ["isuer": "https://x.example"])).contains {
                $0 == "providers.keycloak: there is no parameter isuer; issuer is meant?"
            })
        #expect(
            problems(settings("githup")).first?.contains("there is no provider \"githup\"; github is meant?") == true)
        #expect(problems(settings("mailchimpp")).first?.contains("mailchimp") == true)
        #expect(problems(settings("battlenet", ["issuer": "https://evil.example"])).first?.contains("none of") == true)
    }

    @Test("Signing out together needs OpenID Connect")
    func signOut() throws {
        let wanted: (inout ProviderSettings) -> Void = {
            $0.federatedSignOut = .ask
            $0.acceptsLogoutTokens = true
        }
        #expect(
            problems(settings("github", change: wanted)) == [
                "providers.github: federatedSignOut needs a provider with OpenID Connect",
                "providers.github: backChannelLogout needs a provider with OpenID Connect",
            ])
        #expect(problems(settings("keycloak", ["issuer": "https://id.example.com"], change: wanted)) == [])
    }

    @Test("A parameter of NextAuth.js v4 that has another name now is told so, and works with those facts")
    func oldParameters() {
        #expect(
            problems(settings("azure-ad", ["tenantId": "t"])) == [
                "providers.azure-ad: there is no parameter tenantId; it is one of NextAuth.js v4: "
                    + "set issuer, profilePhotoSize, or `facts: v4`"
            ])
        #expect(problems(settings("azure-ad", ["tenantId": "t"]) { $0.facts = .v4 }) == [])
    }

    @Test("A secret that is the key of HMAC has to be long enough")
    func hmacKeys() {
        #expect(problems(settings("line")).first?.contains("shorter than the 32 bytes that HS256 needs") == true)
        #expect(problems(settings("line") { $0.clientSecret = String(repeating: "0", count: 32) }) == [])
    }

    @Test(
        "Addresses have to be https, and URLs at all",
        arguments: [
            "http://id.example", "id.example", "ftp://id.example", "https://user@id.example", "https://id.example/#x",
        ])
    func addresses(issuer: String) {
        let found = problems(settings("keycloak", ["issuer": issuer]))
        #expect(!found.isEmpty)
        #expect(found.allSatisfy { $0.hasPrefix("providers.keycloak: ") })
    }

    @Test("http is for a private network only")
    func privateNetwork() {
        let url = ["issuer": "http://127.0.0.1:8080/realms/x"]
        #expect(!problems(settings("keycloak", url)).isEmpty)
        #expect(problems(settings("keycloak", url) { $0.isInPrivateNetwork = true }) == [])
    }

    @Test("A host's part cannot smuggle another host in", arguments: ["evil.example/", "a.b", "1@evil"])
    func hostParts(account: String) {
        let found = problems(settings("netsuite", ["accountID": account, "userinfo": "https://x.example/r?a=1"]))
        #expect(found.contains { $0.contains("accountID may only have letters, digits and hyphens") })
    }

    @Test("One parameter may make others unnecessary")
    func requiredUnless() {
        #expect(problems(settings("azure-ad-b2c")).count == 2)
        #expect(problems(settings("azure-ad-b2c", ["issuer": "https://c.b2clogin.com/c.onmicrosoft.com/f/v2.0"])) == [])
    }

    @Test("Apple needs no client secret where it can be made, and then all three parts")
    func apple() throws {
        var settings = ProviderSettings("apple", clientID: "a")
        #expect(problems(settings) == ["providers.apple: clientSecret is missing"])
        settings.parameters = ["privateKey": "no key"]
        #expect(problems(settings).count == 3)
    }

    @Test("An algorithm, a method and an endpoint that do not exist are problems")
    func overrides() {
        #expect(problems(settings("google") { $0.idTokenAlgorithm = "none" }).count == 1)
        #expect(problems(settings("google") { $0.clientAuthentication = "magic" }).count == 1)
        #expect(
            problems(settings("google") { $0.clientAuthentication = "private_key_jwt" }).first?.contains("clientKey")
                == true)
        #expect(problems(settings("zoho") { $0.endpoints.token = "https://accounts.zoho.eu/oauth/v2/token" }) == [])
        #expect(problems(settings("zoho") { $0.endpoints.token = "accounts.zoho.eu" }).count == 1)
    }

    @Test("Two instances of one entry have two ids")
    func twice() throws {
        var partners = settings("partners", ["issuer": "https://id.example"])
        partners.entry = "keycloak"
        partners.name = "Partners"
        let provider = try ConfiguredProvider(partners)
        #expect(provider.id == "partners" && provider.name == "Partners" && provider.entry.id == "keycloak")
    }

    @Test("A definition of one's own has the schema of the table, and is read as strictly")
    func definition() throws {
        var own = settings("mine")
        own.definition = [
            "name": "Mine", "protocol": "oauth2",
            "authorization": ["url": "https://id.example/a", "params": ["scope": "me"]],
            "token": ["url": "https://id.example/t", "method": "POST", "auth": "client_secret_post"],
            "userinfo": ["url": "https://id.example/u", "method": "GET", "auth": "bearer"],
            "profileSource": "userinfo", "profile": ["id": "/id", "name": "/n", "email": "/e", "image": "/i"],
        ]
        #expect(try ConfiguredProvider(own).tokenURL == "https://id.example/t")
        own.definition?["userInfo"] = ["url": "https://id.example/u"]
        #expect(problems(own) == ["providers.mine: mine.userInfo: there is no such member"])
        own.definition?["userInfo"] = nil
        own.definition?["userinfo"] = nil
        #expect(problems(own).first?.contains("userinfo missing") == true)
    }

    @Test("What is closed or open to any tenant is warned of")
    func warnings() throws {
        #expect(try ConfiguredProvider(settings("instagram")).warnings.count == 1)
        #expect(try ConfiguredProvider(settings("medium")).warnings.count == 1)
        #expect(try ConfiguredProvider(settings("azure-ad")).warnings.first?.contains("tenants") == true)
        let one = ["issuer": "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0"]
        #expect(try ConfiguredProvider(settings("azure-ad", one)).warnings == [])
    }

    @Test("PKCE and nonce are used where they suit, and can be switched")
    func checks() throws {
        #expect(try ConfiguredProvider(settings("google")).usesPKCE)
        #expect(try ConfiguredProvider(settings("google")).usesNonce)
        #expect(try !ConfiguredProvider(settings("apple")).usesPKCE)
        #expect(try ConfiguredProvider(settings("salesforce")).usesPKCE, "v4 checks nothing there")
        #expect(try !ConfiguredProvider(settings("github")).usesNonce)
        #expect(try !ConfiguredProvider(settings("google") { $0.usesNonce = false }).usesNonce)
    }
}
