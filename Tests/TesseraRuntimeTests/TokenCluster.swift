import JSON
import Logging
import Synchronization
import TesseraCore
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraRuntime

/// A provider that rotates refresh tokens: each works once, and using one again ends them all, as real ones do.
final class Rotating: TokenRefreshing {
    private struct State {
        var number = 1
        var calls = 0
        var isStolen = false
        var failure: TokenRefreshFailure?
        var gate: CallGate?
        var omitsRefreshToken = false
        var lifetime: Int64? = 3600
    }

    private let state = Mutex(State())
    private let clock: ManualClock

    init(clock: ManualClock) { self.clock = clock }

    var calls: Int { state.withLock { $0.calls } }
    var isStolen: Bool { state.withLock { $0.isStolen } }
    func fail(with error: TokenRefreshFailure?) { state.withLock { $0.failure = error } }
    func hold(at gate: CallGate?) { state.withLock { $0.gate = gate } }
    func give(lifetime: Int64?) { state.withLock { $0.lifetime = lifetime } }
    func omitRefreshToken() { state.withLock { $0.omitsRefreshToken = true } }

    func refresh(_ tokens: JSONObject) async throws -> JSONObject {
        let gate = state.withLock { state in
            state.calls += 1
            return state.gate
        }
        if let gate { await gate.pass() }
        let presented = tokens["refresh_token"]?.string
        let result: Result<JSONObject, TokenRefreshFailure> = state.withLock { state in
            if let failure = state.failure { return .failure(failure) }
            guard presented == "r\(state.number)" else {
                state.isStolen = true
                return .failure(TokenRefreshFailure(isFinal: true, message: "invalid_grant"))
            }
            if !state.omitsRefreshToken { state.number += 1 }
            var answer: JSONObject = ["access_token": .string("a\(state.calls)")]
            answer["expires_at"] = state.lifetime.map { .integer(clock.now.seconds + $0) }
            if !state.omitsRefreshToken { answer["refresh_token"] = .string("r\(state.number)") }
            return .success(answer)
        }
        return try result.get()
    }
}

/// A provider whose tokens cannot be renewed.
struct BareProvider: RedirectingProvider {
    let id = "p"
    let name = "P"
    let type = ProviderType.oauth

    func begin(_ request: SignInRequest, callbackURL: String) async throws -> RedirectBegin { throw Unexpected() }
    func finish(_ request: SignInRequest, checks: [SignInCheck: String], callbackURL: String) async throws
        -> RedirectEnd
    {
        throw Unexpected()
    }
}

struct RotatingProvider: RedirectingProvider, TokenRefreshing {
    let id = "p"
    let name = "P"
    let type = ProviderType.oauth
    let rotating: Rotating

    func refresh(_ tokens: JSONObject) async throws -> JSONObject { try await rotating.refresh(tokens) }

    func begin(_ request: SignInRequest, callbackURL: String) async throws -> RedirectBegin { throw Unexpected() }
    func finish(_ request: SignInRequest, checks: [SignInCheck: String], callbackURL: String) async throws
        -> RedirectEnd
    {
        throw Unexpected()
    }
}

/// Nodes on one directory, and a user with an account.
struct TokenCluster {
    let clock = ManualClock()
    let directory: any UserDirectory
    let provider: Rotating
    let vault: AccountTokenVault
    let user: UserID
    let key: AccountKey

    init(on directory: any UserDirectory = InMemoryDirectory(), tokens: JSONObject? = nil) async throws {
        self.directory = directory
        provider = Rotating(clock: clock)
        let ring = try #require(Secret(World.secret).flatMap { SecretRing([$0]) })
        vault = try AccountTokenVault(ring: ring)
        user = try #require(UserID("ada"))
        key = try #require(AccountKey(provider: "p", providerAccountID: "1"))
        let tokens =
            tokens ?? [
                "access_token": "a0", "refresh_token": "r1", "scope": "read", "token_type": "Bearer",
                "expires_at": .integer(clock.now.seconds + 3600),
            ]
        let account = LinkedAccount(
            key: key, user: user, linkedAt: clock.now, tokens: try vault.seal(tokens, of: key, random: .seeded(1)))
        _ = try await directory.create(DirectoryUser(id: user), with: account)
    }

    func node(seed: UInt64, refresher: Bool = true) throws -> RequestFlow {
        let ring = try #require(Secret(World.secret).flatMap { SecretRing([$0]) })
        let settings = FlowSettings(
            providers: [.redirecting(refresher ? RotatingProvider(rotating: provider) : BareProvider())],
            accounts: AccountSettings(directory: directory, vault: vault, links: try LinkTokens(ring: ring)))
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return RequestFlow(
            tokens: try SessionTokens(ring: ring, freshWindow: .minutes(5)), store: InMemoryStore(), mirror: Mirror(),
            settings: settings, clock: clock.wallClock(), random: .seeded(seed), logger: logger)
    }

    /// Lets the access token expire, and has the provider answer a refresh only once the gate is open.
    func holdRefresh() -> CallGate {
        clock.advance(by: .hours(2))
        let gate = CallGate()
        provider.hold(at: gate)
        return gate
    }

    func text(_ flow: RequestFlow) async throws -> String? {
        guard case .token(let token) = try await flow.accessToken(of: user, provider: "p") else { return nil }
        return token.text
    }

    func kept() async throws -> JSONObject {
        let account = try #require(try await directory.account(key))
        return try vault.open(account.tokens, of: key)
    }
}
