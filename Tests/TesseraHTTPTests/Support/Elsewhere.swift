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

    static let checks = [
        "state": "state-0123456789abcdefghijklmnopqrstuvwxyz", "nonce": "nonce-0123456789",
        "pkce.code_verifier": "verifier-0123456789",
    ]

    func begin(_ request: SignInRequest, callbackURL: String) async throws -> RedirectBegin {
        if request.query["fail"] != nil { throw SampleError() }
        let state = Self.checks["state", default: ""] + (request.query["n"] ?? "")
        var checks = Self.checks
        checks["state"] = state
        return RedirectBegin(
            url: "https://id.example.com/authorize?redirect_uri=\(Browser.encode(callbackURL))&state=\(state)",
            state: state, checks: checks)
    }

    func finish(_ request: SignInRequest, checks: [String: String], callbackURL: String) async throws -> RedirectEnd {
        guard let state = checks["state"], state == request.query["state"] ?? request.body["state"]?.string,
            checks["nonce"] == Self.checks["nonce"],
            checks["pkce.code_verifier"] == Self.checks["pkce.code_verifier"]
        else { throw SampleError() }
        return RedirectEnd(
            user: user, account: Account(provider: id, type: type, providerAccountID: "carol"), isNewUser: isNewUser)
    }
}
