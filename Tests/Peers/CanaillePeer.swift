package import JSON

/// Canaille, an OpenID provider on Flask that others wrote, as a process of its own: `Tests/Peers/canaille`.
///
/// Its clients are `app`, which proves who it is in the header and gets ID tokens with RS256, and `app-post`, which does
/// it in the body and gets them with ES256.
package final class CanaillePeer: Sendable {
    package static let clientSecret = "canaille-secret-0123456789-0123456789"

    package let issuer: String
    private let program: PythonProvider

    /// Runs a test beside a provider of its own.
    ///
    /// - Parameter base: where the client is: sign-ins come back to `callback/canaille` there.
    package static func with(_ base: String, _ test: (CanaillePeer) async throws -> Void) async throws {
        let peer = try await CanaillePeer(base)
        defer { peer.program.end() }
        try await test(peer)
    }

    private init(_ base: String) async throws {
        program = try await PythonProvider(
            "canaille", ["app", Self.clientSecret, "\(base)/callback/canaille", "\(base)/signout/callback/canaille"])
        issuer = program.issuer
    }

    /// Its facts, in the schema of the provider table.
    package func definition(algorithm: String, source: String = "id_token") -> JSONObject {
        PeerDefinition.make("Canaille", issuer: issuer, algorithm: algorithm, source: source)
    }

    /// A browser that has never been there.
    package func browser() -> PeerBrowser { PeerBrowser(at: issuer) }

    /// Somebody signs in on the provider's pages, and consents or does not. Returns where he is sent then.
    ///
    /// The users are `ada` and `grace`. One token a second is all that it can give out to each.
    package func signIn(
        _ user: String, from url: String, in browser: inout PeerBrowser, consents: Bool = true
    ) async throws -> String {
        let name = try await browser.open(url)
        let password = try await browser.submit(name, ["login": user])
        let consent = try await browser.submit(password, ["password": "\(user)-password"])
        guard consent.body.contains("requesting access") else {
            throw PeerFailure("\(consent.url), status \(consent.status), does not ask for consent")
        }
        return try await browser.submit(consent, ["answer": consents ? "accept" : "deny"]).url
    }

    /// Somebody goes on to the provider to sign out, which does not ask again. Returns where he is sent then.
    package func signOut(from url: String, in browser: inout PeerBrowser) async throws -> String {
        try await browser.open(url).url
    }

    /// Whether the provider would ask who this is, instead of knowing it.
    package func asksWhoItIs(from url: String, in browser: inout PeerBrowser) async throws -> Bool {
        try await browser.open(url).body.contains("id=\"loginform\"")
    }
}
