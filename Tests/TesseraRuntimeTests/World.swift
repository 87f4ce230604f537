import JSON
import Logging
import Synchronization
import TesseraCore
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraRuntime

/// One node with its store, on a clock that a test moves.
struct World: Sendable {
    let clock: ManualClock
    let store: any SessionStore
    let flow: RequestFlow
    let node: Node

    static let secret = "a secret of 32 bytes for the tests"
    static let firefox = RequestOrigin(
        userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", address: "192.0.2.7")
    static let phone = RequestOrigin(
        userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            + "Version/18.0 Mobile/15E148 Safari/604.1", address: "198.51.100.9")

    /// A node whose mirror is filled, or with `isPrepared` false one that nobody vouches for.
    init(
        _ store: any SessionStore, clock: ManualClock = ManualClock(), policy: SessionPolicy = .consumer,
        format: TokenFormat = .standard, secrets: [String] = [World.secret], adoption: Adoption = .always,
        actorLimit: Int = 1000, callbacks: Callbacks = Callbacks(), events: Events = Events(), seed: UInt64 = 1,
        isPrepared: Bool = true
    ) async throws {
        self.clock = clock
        self.store = store
        let ring = try #require(SecretRing(secrets.compactMap { Secret($0) }))
        let settings = FlowSettings(
            policy: policy, adoption: adoption, actorLimit: actorLimit, callbacks: callbacks, events: events)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        flow = RequestFlow(
            tokens: try SessionTokens(ring: ring, format: format, freshWindow: policy.freshWindow), store: store,
            mirror: Mirror(), settings: settings, clock: clock.wallClock(), random: .seeded(seed), logger: logger)
        node = Node(flow: flow)
        if isPrepared { try await node.prepare() }
    }

    /// Accepts every user name without asking for more.
    static let provider = CredentialsProvider(id: "credentials", name: "Names", fields: []) { credentials, _ in
        guard let name = credentials["username"], name != "nobody" else { return nil }
        return UserProfile(id: name, name: name.uppercased(), email: "\(name)@example.com")
    }

    func attempt(
        _ name: String, previous: String? = nil, from origin: RequestOrigin = World.firefox,
        provider: CredentialsProvider = World.provider
    ) async throws -> RequestFlow.SignInResult {
        let request = SignInRequest(
            method: "POST", headers: [:], query: [:], body: ["username": .string(name)], origin: origin)
        return try await flow.signIn(with: provider, request, previous: previous)
    }

    func signIn(
        _ name: String = "ada", previous: String? = nil, from origin: RequestOrigin = World.firefox
    ) async throws -> MintedToken {
        guard case .signedIn(let session, _) = try await attempt(name, previous: previous, from: origin) else {
            throw Unexpected()
        }
        return try #require(session.replacement)
    }

    func authenticate(_ text: String?, from origin: RequestOrigin = World.firefox) async throws -> Authentication {
        try await flow.authenticate(text, from: origin)
    }

    /// Presents a token that is no longer fresh, and gets its successor.
    func rotate(_ text: String) async throws -> MintedToken {
        try #require(try await authenticate(text).active?.replacement)
    }

    /// Lets fresh windows pass.
    func pastFreshWindow() { clock.advance(by: flow.settings.policy.freshWindow + .seconds(1)) }

    /// A NextAuth.js token: what a ring without Tessera's claims makes.
    func nextAuth(
        _ name: String = "ada", number: Int = 1, lifetime: Duration = .days(30), secret: String = World.secret
    ) throws -> String {
        let ring = try #require(Secret(secret).flatMap { SecretRing([$0]) })
        return try NextAuthMaker(ring: ring).make([
            "name": .string(name.uppercased()), "email": .string("\(name)@example.com"), "sub": .string(name),
            "iat": .integer(clock.now.seconds), "exp": .integer(clock.now.seconds + lifetime.wholeSeconds),
            "jti": .string("next-auth-\(number)"),
        ])
    }
}

struct Unexpected: Error {}

extension InMemoryStore {
    static func world() async throws -> (world: World, store: InMemoryStore) {
        let store = InMemoryStore()
        let world = try await World(store)
        store.faults.resetCounts()
        return (world, store)
    }
}

extension Authentication {
    var active: ActiveSession? { if case .active(let session) = self { session } else { nil } }
    var ending: Ending? { if case .ended(let ending) = self { ending } else { nil } }
}

extension ActiveSession {
    var generation: Generation { token.generation }
}

/// Runs at once, as often as asked.
func parallel<Value: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) async throws -> Value
) async throws -> [Value] {
    try await withThrowingTaskGroup(of: Value.self) { group in
        for index in 0..<count { group.addTask { try await body(index) } }
        return try await group.reduce(into: []) { $0.append($1) }
    }
}

/// Waits for what happens in other tasks; gives up after a limit that no working machine needs.
func eventually(_ what: String, _ condition: () -> Bool) async throws {
    let start = ContinuousClock.now
    while !condition() {
        guard ContinuousClock.now - start < .seconds(60) else {
            Issue.record("never happened: \(what)")
            throw Unexpected()
        }
        await Task.yield()
    }
}

/// Collects what handlers and callbacks get to see.
final class Recorder<Value: Sendable>: Sendable {
    private let list = Mutex<[Value]>([])
    var values: [Value] { list.withLock { $0 } }
    func note(_ value: Value) { list.withLock { $0.append(value) } }
}

/// Counts in many tasks at once.
final class Counter: Sendable {
    private let count = Mutex(0)

    /// Adds, and returns the sum.
    @discardableResult
    func add(_ number: Int) -> Int {
        count.withLock {
            $0 += number
            return $0
        }
    }
}

/// The error of a use case that has to fail.
func flowError(_ body: () async throws -> Void) async -> FlowError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? FlowError)?.code
    }
}
