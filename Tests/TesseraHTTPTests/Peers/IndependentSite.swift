import HTTPTypes
import HummingbirdTesting
import JSON
import Peers
import RedisServers
import Tessera
import TesseraCore
import TesseraProviders
import TesseraRuntime
import Testing

/// Runs a test against an application whose users sign in at a provider that others wrote. They are in a directory, the
/// provider may sign them out, and signing out here goes on to it. The time is the provider's.
///
/// - Parameter seen: what the sign-ins brought: the account with its tokens, and the profile.
func withIndependentSite(
    _ settings: ProviderSettings, seen: Recorder<SignInAttempt> = Recorder(), isLive: Bool = false,
    _ body: @Sendable (Site) async throws -> Void
) async throws {
    var settings = settings
    settings.federatedSignOut = .always
    settings.acceptsLogoutTokens = true
    let provider = try SignInProvider.known(settings)
    try await withSite(
        {
            $0.clock = .system
            $0.directory = .store
            $0.providers = [provider, Site.credentials]
            $0.callbacks.signIn = { attempt in
                seen.add(attempt)
                return .allow
            }
        }, clock: ManualClock(WallClock.system.now()), setup: isLive ? .live : .router, body)
}

/// How an application proves who it is, and where it reads who has signed in.
struct Way: Sendable, CustomTestStringConvertible {
    var clientID = "app"
    let authentication: String
    let algorithm: String
    let source: String

    var testDescription: String { "\(authentication), \(algorithm), \(source)" }
}

extension Browser {
    /// Sends on the form of a provider's page, as the page has it done: it is another site's, so no cookies go along.
    mutating func pass(on page: PeerPage) async throws -> Reply {
        let form = page.form
        #expect(form.action.hasPrefix("\(Site.base)/"))
        var sender = self
        sender.jar = jar.crossSite
        let text = form.fields.map { "\(Self.encode($0.key))=\(Self.encode($0.value))" }.joined(separator: "&")
        return try await sender.send(
            .post, String(form.action.dropFirst(Site.base.count + 1)), type: "application/x-www-form-urlencoded",
            body: Array(text.utf8))
    }

    /// The access token that its user's application gets. These providers' are so short-lived that each call renews them.
    ///
    /// A provider that cannot answer just now is asked again.
    mutating func renewedToken(_ provider: String) async throws -> String? {
        var token: String?
        try await eventually("a renewed token", within: .seconds(20)) {
            let reply = try await get("accounts/\(provider)/token")
            guard reply.status == 200 else {
                try #require(reply.status == 503, "not given up")
                return false
            }
            token = try reply.json["accessToken"]?.string
            return true
        }
        return token
    }
}
