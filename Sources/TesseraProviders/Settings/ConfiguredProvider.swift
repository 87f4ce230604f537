package import JOSE
import JSON
import TesseraCore

/// A provider whose facts and settings fit together: everything that can be known of it before the first request.
package struct ConfiguredProvider: Sendable {
    package let id: String
    package let name: String
    package let entry: ProviderEntry
    package let settings: ProviderSettings
    /// The operator's parameters with their defaults, and the client's id and secret.
    package let values: PlaceholderValues
    /// The issuer; `nil` for a provider that has none.
    package let issuer: String?
    package let discoveryURL: String?
    package let authorizationURL: String?
    package let tokenURL: String?
    package let userinfoURL: PlaceholderText?
    package let clientID: String
    package let clientAuthentication: ProviderEntry.ClientAuthentication
    package let idTokenAlgorithm: SignatureAlgorithm?
    package let usesPKCE: Bool
    package let usesNonce: Bool
    /// The key for client assertions: `private_key_jwt`, and Apple's client secret.
    package let clientKey: JWK?

    package func has(_ quirk: ProviderQuirk) -> Bool { entry.quirks.contains(quirk) }

    /// Reads the entry, and checks the settings against it.
    ///
    /// - Throws: everything that is wrong, in words that begin with `providers.<id>`.
    package init(_ settings: ProviderSettings) throws(ProviderProblems) {
        var check = SettingsCheck(settings)
        guard let entry = check.entry() else { throw ProviderProblems(check.problems) }
        self.id = settings.id
        self.entry = entry
        self.settings = settings
        name = settings.name ?? entry.name
        values = check.values(entry)
        clientID = settings.clientID ?? ""
        issuer = check.resolve(entry.issuer, values, "issuer")
        let discovered = settings.endpoints.discovery
        discoveryURL = discovered ?? check.url(entry.discovery?.url, values, "discovery")
        authorizationURL =
            settings.endpoints.authorization
            ?? check.url(entry.authorization?.url, values, "authorization")
        tokenURL = settings.endpoints.token ?? check.url(entry.token?.url, values, "token")
        userinfoURL = settings.endpoints.userinfo.map { PlaceholderText(fixed: $0) } ?? entry.userinfo?.url
        check.checkProfileURLs(entry, values)
        check.checkSender(entry, values)
        check.checkSignOut(entry)
        clientAuthentication = check.clientAuthentication(entry)
        idTokenAlgorithm = check.idTokenAlgorithm(entry)
        usesPKCE = settings.usesPKCE ?? (entry.kind != .oauth1 && !Self.rejectsPKCE.contains(entry.id))
        usesNonce = settings.usesNonce ?? (entry.kind == .oidc)
        clientKey = check.clientKey(entry, clientAuthentication)
        guard check.problems.isEmpty else { throw ProviderProblems(check.problems) }
    }

    /// Servers that Auth.js sends no PKCE parameters to, some of which refuse them; and one that does not know them.
    static let rejectsPKCE: Set<String> = [
        "apple", "atlassian", "azure-devops", "click-up", "eveonline", "figma", "line", "linkedin", "netsuite",
        "reddit",
        "slack", "threads", "wechat",
    ]
}
