import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import NIOCore
import Synchronization
import Tessera
import TesseraHTTP
import TesseraRuntime
import TesseraTestKit
import TesseraTokens
import Testing

@Suite("Docs/openapi.yaml and the routes hold together")
struct DocumentTests {
    private static let sid = "AAAAAAAAAAAAAAAAAAAAAA"

    @Test("Every route is in the document, and nothing else is")
    func routes() throws {
        let document = try APIDocument()
        let user = try #require(UserID("user-alice"))
        let session = try #require(SessionID(Self.sid))
        let places =
            RouteTable.authRoutes.map { RouteTable.place(of: $0) }
            + RouteTable.operatorRoutes(user, session).map { RouteTable.place(of: $0) } + RouteTable.health
        let documented = document.operations.map { DocumentedRoute($0.method, $0.template) }
        #expect(Set(places).count == places.count)
        #expect(Set(places).subtracting(documented).isEmpty)
        #expect(Set(documented).subtracting(places).isEmpty)
        #expect(Set(document.operations.map(\.id)).count == document.operations.count)
    }

    @Test("Every path of the document parses to the route that stands there")
    func parsing() throws {
        for operation in try APIDocument().operations {
            let path = RouteTable.path(operation.template, sid: Self.sid)
            let place = DocumentedRoute(operation.method, operation.template)
            if path.hasPrefix(RouteTable.base) {
                let rest = path.dropFirst(RouteTable.base.count)
                let route = try #require(AuthRoute(method: operation.method, path: rest), "\(operation.name)")
                #expect(RouteTable.place(of: route) == place)
            } else if path.hasPrefix("/v1/") || path == "/metrics" {
                let route = try #require(OperatorRoute(method: operation.method, path: path), "\(operation.name)")
                #expect(RouteTable.place(of: route) == place)
            } else {
                #expect(RouteTable.health.contains(place))
            }
        }
    }

    @Test("The error codes of the document are those that there are")
    func errorCodes() throws {
        let codes =
            FlowError.Code.allCases.map(\.rawValue) + StoreError.Code.allCases.map(\.rawValue) + [
                "too_many_streams",
                "body_too_large", "body_malformed", "INVALID_CALLBACK_URL_ERROR", "invalid_scope", "invalid_host",
                "csrf_token_invalid", "session_not_found", "not_signed_in", "not_found", "cancelled",
                "mirror_not_ready", "provider_not_found", "account_not_found", "last_way_in",
                "recent_sign_in_required", "reauthentication_required", "provider_unavailable",
                "operator_key_required", "confirmation_missing", "invalid_request", "logout_failed", "internal",
            ]
        #expect(try APIDocument().errorCodes == Set(codes))
    }

    /// What a scenario does differently.
    private struct Scenario: CustomStringConvertible {
        var description: String
        var provider = "credentials"
        var isSignedIn = false
        /// Whom a provider vouches for; his account is linked to another one too where `links` is set.
        var account: String?
        var links = false
        var sid = DocumentTests.sid
        var form: [(String, String)] = []
        var sendsToken = true
        var query = ""
        var headers: HTTPFields = [:]
        var raw: [UInt8]?
        var isStoreDown = false
        /// Whether a sign-in elsewhere is under way.
        var hasBegun = false
        /// How often it is sent; the last answer counts.
        var times = 1
    }

    private static var scenarios: [Scenario] {
        let state = "?state=\(Elsewhere.state)"
        var all = [
            Scenario(description: "a visitor"), Scenario(description: "a visitor without token", sendsToken: false),
            Scenario(description: "signed in", isSignedIn: true),
            Scenario(
                description: "signed in without token", isSignedIn: true, sendsToken: false, headers: [.origin: "null"]),
            Scenario(description: "in JSON mode", isSignedIn: true, form: [("json", "true")]),
            Scenario(description: "a person", isSignedIn: true, sid: "other", headers: [.accept: "text/html"]),
            Scenario(description: "his other session", isSignedIn: true, sid: "other"),
            Scenario(description: "an invalid callbackUrl", query: "?callbackUrl=foo"),
            Scenario(
                description: "an invalid callbackUrl, for a person", query: "?callbackUrl=foo",
                headers: [.accept: "text/html"]),
            Scenario(description: "a failing redirect callback", query: "?callbackUrl=/broken"),
            Scenario(
                description: "a failing redirect callback, for a person", query: "?callbackUrl=/broken",
                headers: [.accept: "text/html"]),
            Scenario(description: "an error", query: "?error=Signin"),
            Scenario(description: "too large", raw: [UInt8](repeating: 0x61, count: 1 << 20 + 1)),
            Scenario(description: "the store down", isSignedIn: true, isStoreDown: true),
            Scenario(
                description: "the store down, for a person", isSignedIn: true, headers: [.accept: "text/html"],
                isStoreDown: true),
            Scenario(description: "elsewhere", provider: "elsewhere", query: "?state=x"),
            Scenario(description: "an unknown provider", provider: "unknown"),
            Scenario(description: "back from elsewhere", provider: "elsewhere", query: state, hasBegun: true),
            Scenario(
                description: "back from elsewhere with the store down", provider: "elsewhere", query: state,
                isStoreDown: true, hasBegun: true),
        ]
        let (form, page) = ([("account", "ada")], HTTPFields([.init(name: .accept, value: "text/html")]))
        all += [
            Scenario(description: "with an account", provider: "a", account: "ada", form: form),
            Scenario(
                description: "with an account, a person", provider: "a", account: "ada", form: form, headers: page),
            Scenario(
                description: "with an account, in JSON mode", provider: "a", account: "ada", form: [("json", "true")]),
            Scenario(
                description: "with an account and the store down", provider: "a", account: "ada", isStoreDown: true),
            Scenario(description: "with two accounts", provider: "a", account: "ada", links: true, form: form),
            Scenario(description: "with an account without tokens", provider: "bare", account: "ada"),
            Scenario(description: "told of a logout", provider: "told", form: [("logout_token", "good")]),
            Scenario(description: "by e-mail", provider: "email", query: "?token=x&email=a%40b.c"),
            Scenario(
                description: "by e-mail, too often", provider: "email",
                form: [("email", "a@b.c"), ("json", "true")], times: 4),
            Scenario(
                description: "too often", form: [("username", "flood"), ("password", "x"), ("json", "true")], times: 11),
        ]
        for (name, password) in [("alice", "wonderland"), ("alice", "wrong"), ("denied", "x"), ("broken", "x")] {
            all.append(
                Scenario(
                    description: "\(name)'s credentials",
                    form: [("username", name), ("password", password), ("json", "true")]))
        }
        all.append(
            Scenario(
                description: "credentials with the store down",
                form: [("username", "alice"), ("password", "wonderland")],
                isStoreDown: true))
        return all
    }

    private static let provider = SignInProvider.credentials { credentials, _ in
        switch (credentials["username"], credentials["password"]) {
        case ("alice", "wonderland"): UserProfile(id: "user-alice", name: "Alice")
        case ("denied", _): UserProfile(id: "denied")
        case ("broken", _): throw SampleError()
        default: nil
        }
    }

    @Test("Every answer of every public route is documented, and every documented answer occurs")
    func publicAnswers() async throws {
        let seen = try await answers(ownPages: false)
        let other = try await answers(ownPages: true)
        for operation in try APIDocument().operations where Self.isCalled(operation) {
            let statuses = seen[operation.name, default: []].union(other[operation.name, default: []])
            #expect(statuses == Set(operation.responses.keys), "\(operation.name)")
        }
    }

    /// Whether the scenarios are for it. (The stream of events does not end by itself; `EventTests` are about it.)
    private static func isCalled(_ operation: APIDocument.Operation) -> Bool {
        operation.template.hasPrefix(RouteTable.base) && operation.id != "watchSession"
    }

    /// Sends every scenario to every public route; returns the statuses by operation.
    private func answers(ownPages: Bool) async throws -> [String: Set<Int>] {
        let document = try APIDocument()
        let store = InMemoryStore()
        let seen = Mutex<[String: Set<Int>]>([:])
        try await withSite(
            {
                var bare = NamedProvider("bare")
                bare.tokens = [:]
                $0.directory = .store
                $0.attemptLimits.perAddress.burst = 100_000
                $0.providers = [
                    Self.provider, .redirecting(Elsewhere()), .redirecting(NamedProvider("a")),
                    .redirecting(NamedProvider("b")), .redirecting(bare), .redirecting(ToldProvider()),
                    .email(EmailProvider(from: "a@b.c", sender: Outbox())),
                ]
                $0.callbacks.signIn = { $0.user.id == "denied" ? .deny : .allow }
                $0.callbacks.redirect = { request in
                    if request.url == "/broken" { throw SampleError() }
                    return request.url
                }
                if ownPages {
                    $0.pages = CustomPages(signIn: "/in", signOut: "/out", error: "/error", verifyRequest: "/verify")
                }
            }, over: store, providerSessions: InMemoryProviderSessions()
        ) { site in
            for operation in document.operations where Self.isCalled(operation) {
                for scenario in Self.scenarios {
                    let reply = try await Self.call(operation, scenario, site, store)
                    Self.check(reply, operation, "\(operation.name), \(scenario)", document)
                    seen.withLock { _ = $0[operation.name, default: []].insert(reply.status) }
                }
                // Errors in the path, and the page for them.
                if operation.template.contains("error") {
                    var browser = site.browser()
                    let codes = ["Configuration", "Default", "CredentialsSignin"]
                    for code in codes {
                        let path = operation.template.replacing("{code}", with: code)
                        let reply = try await browser.get(path.hasSuffix(code) ? path : "\(path)?error=\(code)")
                        Self.check(reply, operation, "\(operation.name), \(code)", document)
                        seen.withLock { _ = $0[operation.name, default: []].insert(reply.status) }
                    }
                    let denied = try await browser.get(
                        operation.template.replacing("{code}", with: "AccessDenied") + "?error=AccessDenied")
                    seen.withLock { _ = $0[operation.name, default: []].insert(denied.status) }
                }
            }
        }
        return seen.withLock { $0 }
    }

    private static func call(
        _ operation: APIDocument.Operation, _ scenario: Scenario, _ site: Site, _ store: InMemoryStore
    ) async throws -> Reply {
        store.faults.recover()
        var browser = site.browser()
        var sid = scenario.sid
        if scenario.isSignedIn {
            try await browser.signIn()
            var other = site.browser()
            try await other.signIn()
            if sid == "other" { sid = try other.claims()["sid"]?.string ?? "" }
        }
        if let account = scenario.account {
            try await browser.signIn(at: scenario.provider, as: account)
            if scenario.links { try await browser.link("b", as: "ada-b") }
        }
        let token = try await browser.csrf()
        if scenario.hasBegun { try await browser.post("signin/elsewhere", ["csrfToken": token]) }
        if scenario.isStoreDown {
            site.clock.advance(.minutes(6))
            store.faults.failEverything()
        }
        defer { store.faults.recover() }
        let path = RouteTable.path(operation.template, provider: scenario.provider, sid: sid) + scenario.query
        guard operation.method != .get else { return try await browser.get(path, headers: scenario.headers) }
        var form = scenario.form
        if scenario.sendsToken { form.append(("csrfToken", token)) }
        let text = form.map { "\($0.0)=\(Browser.encode($0.1))" }.joined(separator: "&")
        for _ in 1..<scenario.times {
            try await browser.send(
                operation.method, path, type: "application/x-www-form-urlencoded", body: Array(text.utf8))
        }
        return try await browser.send(
            operation.method, path, headers: scenario.headers, type: "application/x-www-form-urlencoded",
            body: scenario.raw ?? Array(text.utf8))
    }

    private static func check(
        _ reply: Reply, _ operation: APIDocument.Operation, _ what: String, _ document: APIDocument
    ) {
        guard let response = operation.responses[reply.status] else {
            Issue.record("\(what): \(reply.status) is not documented")
            return
        }
        if reply.body.isEmpty {
            #expect(reply.contentType == nil, "\(what)")
        } else {
            let type = reply.contentType.map { String($0.prefix { $0 != ";" }) } ?? "none"
            #expect(response.types.contains(type), "\(what): \(type) is not documented for \(reply.status)")
        }
        for header in response.requiredHeaders { #expect(reply.header(header) != nil, "\(what): \(header) is missing") }
        if let code = reply.errorCode { #expect(document.errorCodes.contains(code), "\(what): \(code)") }
    }

    /// What an operator's request does differently.
    private struct OperatorScenario: CustomStringConvertible {
        var description: String
        var body: [UInt8]
        var hasKey = true
        var isStoreDown = false
        var user = "user-alice"

        static func all(good: JSONObject) -> [OperatorScenario] {
            let body = good.serialized()
            return [
                OperatorScenario(description: "well", body: body),
                OperatorScenario(description: "no key", body: body, hasKey: false),
                OperatorScenario(description: "malformed", body: Array("[".utf8)),
                OperatorScenario(description: "large", body: [UInt8](repeating: 0x20, count: 1 << 16 + 1)),
                OperatorScenario(description: "no user's id", body: body, user: String(repeating: "x", count: 257)),
                OperatorScenario(description: "down", body: body, isStoreDown: true),
            ]
        }
    }

    @Test("Every answer of the operator's routes and of health is documented, and every documented answer occurs")
    func operatorAnswers() async throws {
        let document = try APIDocument()
        let store = InMemoryStore()
        let seen = Mutex<[String: Set<Int>]>([:])
        try await withOperator(over: store) { desk in
            let expires = JSONValue.integer(desk.site.clock.now.seconds + 60)
            let good: JSONObject = ["confirm": "everybody", "jti": "x", "expires": expires, "reason": "test"]
            for operation in document.operations where !operation.template.hasPrefix(RouteTable.base) {
                for scenario in OperatorScenario.all(good: good) {
                    // Readiness keeps what it was told a moment ago.
                    desk.site.clock.advance(.seconds(1))
                    if scenario.isStoreDown { store.faults.failEverything() }
                    let path = RouteTable.path(operation.template, sid: Self.sid, user: scenario.user)
                    let key = scenario.hasKey ? "Bearer \(OperatorDesk.key)" : nil
                    let reply = try await desk.send(operation.method, path, key: key, raw: scenario.body)
                    store.faults.recover()
                    Self.check(reply, operation, "\(operation.name), \(scenario)", document)
                    seen.withLock { _ = $0[operation.name, default: []].insert(reply.status) }
                }
            }
        }
        for operation in document.operations where !operation.template.hasPrefix(RouteTable.base) {
            #expect(seen.withLock { $0[operation.name] } == Set(operation.responses.keys), "\(operation.name)")
        }
    }
}
