import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JOSE
import JSON
import Logging
import NIOCore
import Synchronization
import Tessera
import TesseraCore
import TesseraRuntime
import TesseraTestKit
import TesseraTokens

/// A clock that a test moves.
final class ManualClock: Sendable {
    private let time: Mutex<Timestamp>

    init(_ start: Timestamp = Timestamp(seconds: 1_800_000_000)) { time = Mutex(start) }

    var now: Timestamp { time.withLock { $0 } }

    func advance(_ duration: Duration) { time.withLock { $0 = $0 + duration } }

    var wallClock: WallClock { WallClock { self.now } }
}

/// Random bytes that are the same in every run.
func seededBytes(_ seed: UInt64) -> RandomBytes {
    let generator = SharedGenerator(seed)
    return RandomBytes { generator.bytes($0) }
}

private final class SharedGenerator: Sendable {
    private let random: Mutex<SeededRandom>

    init(_ seed: UInt64) { random = Mutex(SeededRandom(seed: seed)) }

    func bytes(_ count: Int) -> [UInt8] { random.withLock { $0.bytes(count) } }
}

/// Values that callbacks leave for a test to look at.
final class Recorder<Value: Sendable>: Sendable {
    private let recorded = Mutex<[Value]>([])

    var values: [Value] { recorded.withLock { $0 } }

    func add(_ value: Value) { recorded.withLock { $0.append(value) } }
    func removeAll() { recorded.withLock { $0 = [] } }
}

/// Something that a test switches while callbacks look at it.
final class Switch<Value: Sendable>: Sendable {
    private let held: Mutex<Value>

    init(_ value: Value) { held = Mutex(value) }

    var value: Value {
        get { held.withLock { $0 } }
        set { held.withLock { $0 = newValue } }
    }
}

/// Keeps what is logged.
struct RecordingLogHandler: LogHandler {
    let recorder: Recorder<String>
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level

    init(_ recorder: Recorder<String>, level: Logger.Level = .trace) {
        self.recorder = recorder
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let values = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        recorder.add((["\(event.level): \(event.message)"] + values).joined(separator: " "))
    }
}

/// A Hummingbird application with Tessera in it, and everything that a test decides for it.
struct Site: Sendable {
    let tessera: Tessera
    let clock: ManualClock
    let client: any TestClientProtocol
    /// What was logged.
    let log: Recorder<String>
    let basePath: String

    /// A browser that has never been here.
    func browser() -> Browser { Browser(site: self) }

    /// Writes the marks of sessions in use, as the running node does.
    func writeMarks() async { await Node(flow: tessera.flow).writeMarks(all: true) }

    static let secret = "nextauth-conformance-secret-0001"
    static let origin = "http://localhost:3000"
    static let base = "http://localhost:3000/api/auth"
    static let sessionCookie = "next-auth.session-token"
    static let csrfCookie = "next-auth.csrf-token"
    static let callbackCookie = "next-auth.callback-url"

    /// alice / wonderland and bob / builder.
    static let credentials = SignInProvider.credentials { credentials, _ in
        switch (credentials["username"], credentials["password"]) {
        case ("alice", "wonderland"):
            UserProfile(
                id: "user-alice", name: "Alice", email: "alice@example.com", image: "https://example.com/alice.png")
        case ("bob", "builder"): UserProfile(id: "user-bob", name: "Bob")
        default: nil
        }
    }

    static func configuration(clock: ManualClock, seed: UInt64 = 1) -> TesseraConfiguration {
        var configuration = TesseraConfiguration(secrets: [secret], store: .memory, providers: [credentials])
        configuration.clock = clock.wallClock
        configuration.random = seededBytes(seed)
        return configuration
    }
}

/// Runs a test against an application.
///
/// - Parameters:
///   - change: what the application configures otherwise than by default.
///   - store: a store with faults instead of the embedded one.
///   - providerSessions: with such a store, where it is kept at which provider sessions were begun.
///   - setup: `.router`, or a live server.
///   - logLevel: the level of the application's logger.
///   - routes: the application's own routes.
func withSite<Value: Sendable>(
    _ change: (inout TesseraConfiguration) -> Void = { _ in }, over store: InMemoryStore? = nil,
    providerSessions: InMemoryProviderSessions? = nil, clock: ManualClock = ManualClock(),
    setup: TestingSetup = .router, logLevel: Logger.Level = .trace,
    routes: (Router<SessionContext>, Tessera) -> Void = { _, _ in },
    _ body: @Sendable (Site) async throws -> Value
) async throws -> Value {
    let log = Recorder<String>()
    let logger = Logger(label: "test") { _ in RecordingLogHandler(log, level: logLevel) }
    var configuration = Site.configuration(clock: clock)
    change(&configuration)
    let tessera =
        if let store {
            try await Tessera.open(configuration, over: opened(store, providerSessions, configuration), logger: logger)
        } else {
            try await Tessera.open(configuration, logger: logger)
        }
    let router = Router(context: SessionContext.self)
    tessera.addRoutes(to: router)
    routes(router, tessera)
    let basePath =
        switch configuration.url {
        case .configured(let url): url.basePath
        case .forwarded(let path): path
        }
    let application = Application(router: router, logger: logger)
    return try await application.test(setup) { client in
        try await body(Site(tessera: tessera, clock: clock, client: client, log: log, basePath: basePath))
    }
}

/// A store of a test's, with a directory beside it where one is configured.
private func opened(
    _ store: InMemoryStore, _ providerSessions: InMemoryProviderSessions?, _ configuration: TesseraConfiguration
) -> OpenedStore {
    guard configuration.directory == .store else {
        return OpenedStore(store: store, providerSessions: providerSessions)
    }
    let directory = InMemoryDirectory()
    return OpenedStore(
        store: store, directory: directory, attempts: directory, secrets: InMemorySecrets(),
        providerSessions: providerSessions)
}

/// Runs a test against an application that is open already.
func withSite<Value: Sendable>(
    _ tessera: Tessera, clock: ManualClock, _ body: @Sendable (Site) async throws -> Value
) async throws -> Value {
    let router = Router(context: SessionContext.self)
    tessera.addRoutes(to: router)
    return try await Application(router: router).test(.router) { client in
        try await body(
            Site(
                tessera: tessera, clock: clock, client: client, log: Recorder<String>(),
                basePath: PublicURL.standardPath))
    }
}

/// A token as NextAuth.js v4 seals it (contract 3.1).
func nextAuthToken(
    _ claims: JSONObject, secret: String = Site.secret, salt: String = "", enc: ContentEncryption = .a256GCM
) throws -> String {
    let info = "NextAuth.js Generated Encryption Key" + (salt.isEmpty ? "" : " (\(salt))")
    let key = try JWK(secret: HKDF.derive(secret: secret, salt: salt, info: info, length: 32))
    return try JWE.seal(claims.serialized(), using: key, alg: .direct, enc: enc)
}

/// The claims of a token that was sealed with the default format.
func openedClaims(_ token: String, secret: String = Site.secret, salt: String = "") throws -> JSONObject {
    let info = "NextAuth.js Generated Encryption Key" + (salt.isEmpty ? "" : " (\(salt))")
    let first = token.split(separator: ".", omittingEmptySubsequences: false)[0]
    // The derived key under whatever name the token calls it.
    let kid = try JSONObject(parsing: Base64URL.decode(String(first)) ?? [])["kid"]?.string
    let key = try JWK(
        secret: HKDF.derive(secret: secret, salt: salt, info: info, length: 32),
        restrictions: JWK.Restrictions(kid: kid))
    let policy = JWEPolicy(algorithms: [.direct], encryptions: [.a256GCM], types: .any)
    return try JSONObject(parsing: JWE.open(token, accepting: policy, keys: JWKSet([key])).plaintext)
}
