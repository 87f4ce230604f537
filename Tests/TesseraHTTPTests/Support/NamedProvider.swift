import HTTPTypes
import JSON
import Tessera

/// A redirecting provider that vouches for whoever the callback names, in its query or its form: `sub`, `email`, `verified`, `name`.
struct NamedProvider: RedirectingProvider {
    let id: String
    let type = ProviderType.oauth
    var allowDangerousEmailAccountLinking = false
    /// What its token response has.
    var tokens: JSONObject = ["access_token": "first", "refresh_token": "r1", "token_type": "bearer"]

    init(_ id: String = "named", dangerous: Bool = false) {
        self.id = id
        allowDangerousEmailAccountLinking = dangerous
    }

    var name: String { "Named \(id)" }

    static let state = "state-0123456789abcdefghijklmnopqrstuvwxyz"

    func begin(_ request: SignInRequest, callbackURL: String) async throws -> RedirectBegin {
        RedirectBegin(url: "https://id.example.com/\(id)", state: Self.state, checks: [.state: Self.state])
    }

    func finish(_ request: SignInRequest, checks: [SignInCheck: String], callbackURL: String) async throws
        -> RedirectEnd
    {
        guard checks[.state] == Self.state, let sub = request.parameter("sub") else { throw SampleError() }
        var profile: JSONObject = ["sub": .string(sub)]
        if let verified = request.parameter("verified") { profile["email_verified"] = .bool(verified == "true") }
        return RedirectEnd(
            user: UserProfile(id: sub, name: request.parameter("name"), email: request.parameter("email")),
            account: Account(provider: id, type: type, providerAccountID: sub, tokens: tokens), profile: profile)
    }
}

extension Browser {
    /// Signs in through a `NamedProvider`, all the way. Returns the last answer.
    @discardableResult
    mutating func signIn(at provider: String, as sub: String, email: String? = nil, extra: String = "") async throws
        -> Reply
    {
        try await post("signin/\(provider)", ["csrfToken": csrf(), "callbackUrl": "/home"])
        let address = email.map { "&email=\(Self.encode($0))" } ?? ""
        return try await get("callback/\(provider)?state=\(NamedProvider.state)&sub=\(sub)\(address)\(extra)")
    }

    /// Links an account of a `NamedProvider`, all the way.
    @discardableResult
    mutating func link(_ provider: String, as sub: String) async throws -> Reply {
        try await post("accounts/\(provider)/link", ["csrfToken": csrf()], headers: [.accept: "text/html"])
        return try await get("callback/\(provider)?state=\(NamedProvider.state)&sub=\(sub)")
    }

    /// The user that this browser is signed in as.
    func user() throws -> String? { try claims()["sub"]?.string }
}
