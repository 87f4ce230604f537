import JSON
import Tessera
import TesseraCore

/// A provider that tells of logouts: that of nobody known here, in a token with the text `good`.
struct ToldProvider: FederatedProvider {
    let id = "told"
    let name = "Told"
    let type = ProviderType.oauth
    let signOut = FederatedSignOut.never
    let acceptsLogoutTokens = true

    func begin(_ request: SignInRequest, callbackURL: String) async throws -> RedirectBegin { throw SampleError() }

    func finish(_ request: SignInRequest, checks: [SignInCheck: String], callbackURL: String) async throws
        -> RedirectEnd
    { throw SampleError() }

    func canSignOut() async -> Bool { false }

    func signOutURL(idToken: String?, returnTo url: String, state: String) async throws -> String? { nil }

    func logoutNotice(_ token: String) async throws -> LogoutNotice {
        guard token == "good" else { throw SampleError() }
        let now = Timestamp(seconds: 1_800_000_000)
        return LogoutNotice(
            issuer: "https://id.example.com", subject: "nobody", session: nil, tokenID: "t", issuedAt: now,
            expires: now + .seconds(120))
    }
}
