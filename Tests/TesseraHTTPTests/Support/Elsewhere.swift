import JSON
import Tessera

/// A redirecting provider that keeps three values in check cookies and wants them back.
struct Elsewhere: RedirectingProvider {
    let id: String
    let type = ProviderType.oauth
    var user = UserProfile(id: "user-carol", name: "Carol")
    var isNewUser: Bool? = false

    init(id: String = "elsewhere") { self.id = id }

    var name: String { "Elsewhere \(id)" }

    static let state = "state-0123456789abcdefghijklmnopqrstuvwxyz"
    private static let nonce = "nonce-0123456789"
    private static let verifier = "verifier-0123456789"

    func begin(_ request: SignInRequest, callbackURL: String) async throws -> RedirectBegin {
        if request.query["fail"] != nil { throw SampleError() }
        let state = Self.state + (request.query["n"] ?? "")
        return RedirectBegin(
            url: "https://id.example.com/authorize?redirect_uri=\(Browser.encode(callbackURL))&state=\(state)",
            state: state, checks: [.state: state, .nonce: Self.nonce, .pkceCodeVerifier: Self.verifier])
    }

    func finish(
        _ request: SignInRequest, checks: [SignInCheck: String], callbackURL: String
    ) async throws -> RedirectEnd {
        guard let state = checks[.state], state == request.query["state"] ?? request.body["state"]?.string,
            checks[.nonce] == Self.nonce, checks[.pkceCodeVerifier] == Self.verifier
        else { throw SampleError() }
        return RedirectEnd(
            user: user, account: Account(provider: id, type: type, providerAccountID: "carol"), isNewUser: isNewUser)
    }
}
