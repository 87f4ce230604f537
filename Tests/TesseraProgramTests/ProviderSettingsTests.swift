import Tessera
import Testing

@testable import TesseraProgram

@Suite("Providers in the settings")
struct ProviderSettingsTests {
    private func ids(_ settings: ServeSettings) -> [String] { settings.tessera.providers.map(\.id) }

    @Test("A provider is named and gets its parameters, in the file's order")
    func file() throws {
        let settings = try Settings.read(
            file: """
                providers:
                  keycloak:
                    clientId: 12345678901234567890
                    clientSecret: s
                    issuer: https://id.example.com/realms/main
                  github: {clientId: a, clientSecret: b, name: Code}
                  partners:
                    provider: keycloak
                    clientId: app
                    clientSecret: s
                    issuer: https://id.partner.example
                """)
        #expect(settings.problems == [])
        #expect(ids(settings) == ["keycloak", "github", "partners"])
        #expect(settings.tessera.providers[1].name == "Code")
        #expect(settings.tessera.providers.allSatisfy { $0.type == .oauth })
    }

    @Test("The variables of Auth.js configure providers, too, and count more than the file")
    func environment() throws {
        var environment = [
            "NEXTAUTH_SECRET": Settings.secret, "AUTH_GITHUB_ID": "a", "AUTH_GITHUB_SECRET": "b",
            "AUTH_AZURE_AD_ID": "c", "AUTH_AZURE_AD_SECRET": "d", "AUTH_AZURE_AD_PROFILE_PHOTO_SIZE": "47",
            "AUTH_KEYCLOAK_SECRET": "e", "AUTH_KEYCLOAK_ISSUER": "https://id.example.com",
        ]
        let file = "providers:\n  keycloak:\n    clientId: f\n"
        let wrong = try Settings.read(file: file, environment: environment)
        #expect(wrong.problems.count == 1)
        #expect(wrong.problems.first?.hasPrefix("providers.azure-ad: profilePhotoSize is none of 48, ") == true)
        environment["AUTH_AZURE_AD_PROFILE_PHOTO_SIZE"] = nil
        let settings = try Settings.read(file: file, environment: environment)
        #expect(settings.problems == [])
        #expect(ids(settings) == ["keycloak", "azure-ad", "github"])
        #expect(settings.warnings.contains { $0.contains("providers.azure-ad") })
    }

    @Test(
        "What is wrong is said in words, and keeps the program from starting",
        arguments: [
            (
                "providers:\n  githup: {clientId: a, clientSecret: b}",
                "there is no provider \"githup\"; github is meant?"
            ),
            ("providers:\n  github:", "providers.github: clientId is missing"),
            ("providers:\n  github: yes", "providers.github is written as"),
            ("providers: github", "providers are written as"),
            ("providers:\n  github: {clientId: a, clientSecret: b, facts: v5}", "neither recommended nor v4"),
            (
                "providers:\n  github: {clientId: a, clientSecret: b, federatedSignOut: yes}",
                "none of never, ask, always"
            ),
            ("providers:\n  github: {clientId: a, clientSecret: b, backChannelLogout: no way}", "not true or false"),
            ("providers:\n  github: {clientId: a, clientSecret: b, backChannelLogout: yes}", "OpenID Connect"),
            ("providers:\n  github: {clientId: a, clientSecret: b, pkce: maybe}", "\"maybe\" is not true or false"),
            ("providers:\n  github: {clientId: a, clientSecret: b, endpoints: {tokn: x}}", "there is no endpoint tokn"),
            ("providers:\n  github: {clientId: a, clientSecret: b, tenantId: x}", "there is no parameter tenantId"),
        ])
    func problems(file: String, problem: String) throws {
        let settings = try Settings.read(file: file)
        #expect(settings.problems.contains { $0.contains(problem) }, "\(settings.problems)")
        #expect(!settings.problems.contains { $0.contains(Settings.secret) })
    }

    @Test("A definition in YAML is read as JSON would be")
    func definition() throws {
        let settings = try Settings.read(
            file: """
                providers:
                  example:
                    clientId: app
                    clientSecret: s
                    privateNetwork: true
                    definition:
                      name: Example
                      protocol: oidc
                      issuer: http://127.0.0.1:8080
                      discovery: {url: "http://127.0.0.1:8080/.well-known/openid-configuration"}
                      authorization: {fromDiscovery: true, params: {scope: openid}}
                      token: {fromDiscovery: true, method: POST, auth: client_secret_basic}
                      idToken: {signingAlg: ES256}
                      profileSource: id_token
                      profile: {id: /sub, name: /name, email: /email, image: {const: null}}
                """)
        #expect(settings.problems == [])
        #expect(settings.tessera.providers.first?.name == "Example")
    }

    @Test("`tessera providers` prints the document")
    func command() async throws {
        let end = try await ProgramProcess.run(["providers"], folder: TemporaryFolder())
        #expect(end.code == 0)
        #expect(end.output.hasPrefix("# Providers\n"))
    }
}
