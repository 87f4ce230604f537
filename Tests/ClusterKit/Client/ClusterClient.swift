package import JSON
import NIOHTTP1

/// Asks nodes for things, and writes everything down.
package struct ClusterClient: Sendable {
    package let recorder: Recorder
    package let reader: TokenReader
    private let operatorKey: String

    /// The cookie that carries the session token.
    static let cookie = "next-auth.session-token"

    package init(recorder: Recorder, reader: TokenReader, operatorKey: String) {
        self.recorder = recorder
        self.reader = reader
        self.operatorKey = operatorKey
    }

    // MARK: Sessions

    /// Presents a token: reads the session, or keeps it alive.
    package func check(_ token: String, at node: NodeAddress, keepsAlive: Bool = false) async -> Presentation {
        guard let seen = reader.read(token) else { return Presentation(outcome: .unknown, token: nil) }
        return await present(token, .check(seen), at: node) {
            try await Exchange.send(
                keepsAlive ? .POST : .GET, node.url + (keepsAlive ? "/api/auth/keepalive" : "/api/auth/session"),
                headers: ["Cookie": "\(Self.cookie)=\(token)"])
        }
    }

    /// Presents a token for a change of claims, which ends its generation at once.
    package func update(_ token: String, at node: NodeAddress) async throws -> Presentation {
        guard let seen = reader.read(token) else { throw ClusterError("not a token") }
        let form = try await SignInForm.fetch(at: node)
        return await present(token, .update(seen), at: node) {
            try await Exchange.send(
                .POST, node.url + "/api/auth/session",
                headers: [
                    "Cookie": "\(form.cookies); \(Self.cookie)=\(token)", "Content-Type": "application/json",
                ],
                body: #"{"csrfToken": "\#(form.csrfToken)", "data": {}}"#)
        }
    }

    /// Signs a user of the demo in: the new session's token.
    package func signIn(_ user: DemoUser, at node: NodeAddress) async throws -> String {
        let form = try await SignInForm.fetch(at: node)
        let presentation = await present(nil, .signIn(user: user.name), at: node) {
            try await Exchange.send(
                .POST, node.url + "/api/auth/callback/credentials", headers: form.headers,
                body: "csrfToken=\(form.csrfToken)&username=\(user.name)&password=\(user.password)&json=true")
        }
        guard let token = presentation.token else { throw ClusterError("no sign-in: \(presentation.outcome)") }
        return token
    }

    /// Has a token of NextAuth.js for a user taken over: the new session's token.
    package func adopt(_ user: String, at node: NodeAddress) async throws -> String {
        let presentation = await check(try reader.makeNextAuthToken(user: user), at: node)
        guard let token = presentation.token else { throw ClusterError("not taken over: \(presentation.outcome)") }
        return token
    }

    private func present(
        _ token: String?, _ action: ClientOperation.Action, at node: NodeAddress, _ send: () async throws -> Exchange
    ) async -> Presentation {
        var successor: String?
        let outcome = await recorder.record(action, at: node.number) {
            guard let exchange = try? await send() else { return .unknown }
            if case .some(.some(let text)) = exchange.cookies[Self.cookie], text != token { successor = text }
            let clears = exchange.cookies[Self.cookie] == .some(nil)
            switch exchange.status {
            case 503:
                return .unavailable(
                    ClientOperation.Unavailability(hasRetryAfter: exchange.hasRetryAfter, clearsCookie: clears))
            case 204: return .accepted(successor.flatMap { reader.read($0) })
            case 200 where token == nil ? successor != nil : exchange.body["user"] != nil:
                return .accepted(successor.flatMap { reader.read($0) })
            case 200, 401: return .refused
            default: return Self.other(exchange.status, at: node)
            }
        }
        return Presentation(outcome: outcome, token: successor)
    }

    // MARK: Revocations

    /// Signs out, as a browser does.
    @discardableResult
    package func signOut(_ token: String, at node: NodeAddress) async throws -> ClientOperation.Outcome {
        guard let seen = reader.read(token) else { throw ClusterError("not a token") }
        let form = try await SignInForm.fetch(at: node)
        return await revoke(.session(seen.session), at: node) {
            try await Exchange.send(
                .POST, node.url + "/api/auth/signout",
                headers: form.headers.merging(["Cookie": "\(form.cookies); \(Self.cookie)=\(token)"]) { $1 },
                body: "csrfToken=\(form.csrfToken)&json=true")
        }
    }

    /// Revokes a session as an operator does.
    @discardableResult
    package func revoke(
        session token: SeenToken, at node: NodeAddress, confirms: Bool = false
    ) async -> ClientOperation.Outcome {
        await revoke(.session(token.session), at: node) {
            try await operate(.DELETE, "users/\(token.user)/sessions/\(token.session)", at: node, confirms)
        }
    }

    /// Revokes a user as an operator does.
    @discardableResult
    package func revoke(user: String, at node: NodeAddress, confirms: Bool = false) async -> ClientOperation.Outcome {
        await revoke(.user(user), at: node) {
            try await operate(.POST, "users/\(user)/revoke", at: node, confirms)
        }
    }

    private func revoke(
        _ target: ClientOperation.Target, at node: NodeAddress, _ send: () async throws -> Exchange
    ) async -> ClientOperation.Outcome {
        await recorder.record(.revoke(target), at: node.number) {
            guard let exchange = try? await send() else { return .unknown }
            switch exchange.status {
            // The page that asks once more, to a form that it does not believe.
            case 200..<300 where exchange.body["url"]?.string?.contains("csrf=true") == true: return .unknown
            case 200..<300:
                return .revoked(
                    ClientOperation.Acknowledgement(
                        isReplicated: exchange.body["committed"] == "replicated",
                        isConfirmed: exchange.body["confirmed"]?.object?["isComplete"]?.bool == true))
            case 503: return .unavailable(ClientOperation.Unavailability(hasRetryAfter: exchange.hasRetryAfter))
            // The session is not there any more, or the form is not believed.
            case 400..<500: return .unknown
            default: return Self.other(exchange.status, at: node)
            }
        }
    }

    /// A balancer has its own answers where no node is behind it; a node has none.
    private static func other(_ status: UInt, at node: NodeAddress) -> ClientOperation.Outcome {
        node.number == 0 ? .unknown : .failed(status: status)
    }

    private func operate(
        _ method: HTTPMethod, _ path: String, at node: NodeAddress, _ confirms: Bool
    ) async throws -> Exchange {
        try await Exchange.send(
            method, node.operatorURL + "/v1/" + path + (confirms ? "?confirm=cluster" : ""),
            headers: ["Authorization": "Bearer \(operatorKey)"])
    }

    // MARK: Nodes

    /// What a node knows of the cluster; `nil` where it does not answer.
    package func status(of node: NodeAddress) async -> JSONObject? {
        let exchange = try? await Exchange.send(
            .GET, node.operatorURL + "/v1/cluster", headers: ["Authorization": "Bearer \(operatorKey)"])
        return exchange?.status == 200 ? exchange?.body : nil
    }

    /// What a node measures, in Prometheus' format; `nil` where it does not answer.
    package func metrics(of node: NodeAddress) async -> String? {
        let exchange = try? await Exchange.send(
            .GET, node.operatorURL + "/metrics", headers: ["Authorization": "Bearer \(operatorKey)"])
        return exchange?.status == 200 ? exchange?.text : nil
    }

    /// When a session was last seen, as a node tells operators.
    package func lastSeen(_ token: SeenToken, by node: NodeAddress) async -> String? {
        let exchange = try? await Exchange.send(
            .GET, node.operatorURL + "/v1/users/\(token.user)/sessions",
            headers: ["Authorization": "Bearer \(operatorKey)"])
        let sessions = exchange?.body["sessions"]?.array?.compactMap(\.object) ?? []
        return sessions.first { $0["id"]?.string == token.session }?["lastSeen"]?.string
    }

    /// Whether a node answers at all.
    package func answers(_ node: NodeAddress) async -> Bool {
        (try? await Exchange.send(.GET, node.url + "/health/live"))?.status == 200
    }

    /// Whether a node says that it is ready.
    package func isReady(_ node: NodeAddress) async -> Bool {
        let exchange = try? await Exchange.send(.GET, node.url + "/health/ready")
        return exchange?.status == 200
    }
}

/// What came of presenting a token.
package struct Presentation: Sendable {
    package let outcome: ClientOperation.Outcome
    /// The token in the place of the one that was presented, if one came.
    package let token: String?

    /// Whether it was let in.
    package var isAccepted: Bool { outcome.isAccepted }
}

/// A user of the demo.
package struct DemoUser: Sendable {
    package let name: String
    let password: String

    package static let alice = DemoUser(name: "alice", password: "wonderland")
    package static let bob = DemoUser(name: "bob", password: "builder")
}

/// What a form needs to be believed.
private struct SignInForm: Sendable {
    let csrfToken: String
    let cookies: String

    var headers: [String: String] { ["Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"] }

    static func fetch(at node: NodeAddress) async throws -> SignInForm {
        let exchange = try await Exchange.send(.GET, node.url + "/api/auth/csrf")
        guard let token = exchange.body["csrfToken"]?.string else { throw ClusterError("no CSRF token") }
        let pairs = exchange.cookies.compactMap { name, value in value.map { "\(name)=\($0)" } }
        return SignInForm(csrfToken: token, cookies: pairs.joined(separator: "; "))
    }
}
