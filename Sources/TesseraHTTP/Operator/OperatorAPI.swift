import HTTPTypes
package import Hummingbird
import JSON
import Logging
import TesseraCore
package import TesseraRuntime
package import TesseraTokens

/// The operator's API, for a listener of its own: see and end sessions, with a bearer key.
package struct OperatorAPI: Sendable {
    private let flow: RequestFlow
    private let key: OperatorKey
    private let health: HealthAPI

    /// The most bytes of a request's body.
    private static let bodyLimit = 1 << 16

    package init(flow: RequestFlow, key: OperatorKey) {
        self.flow = flow
        self.key = key
        self.health = HealthAPI(flow: flow)
    }

    /// Answers a request. Never throws.
    package func respond(to request: Request) async -> Response {
        if let response = await health.respond(to: request) { return response }
        let path = RequestTarget(request).path
        guard key.opens(request.headers[.authorization]) else {
            return Answer.error(
                "operator_key_required", "Send the operator's key as a bearer token.", status: .unauthorized,
                headers: [.wwwAuthenticate: "Bearer"]
            ).response(asJSON: false)
        }
        guard let route = OperatorRoute(method: request.method, path: path) else {
            return Answer.error("not_found", "There is no such action.", status: .notFound).response(asJSON: false)
        }
        do {
            return try await answer(route, request).response(asJSON: false)
        } catch {
            return failure(error).response(asJSON: false)
        }
    }

    private func answer(_ route: OperatorRoute, _ request: Request) async throws -> Answer {
        switch route {
        case .listSessions(let user):
            let sessions = try await flow.sessions(of: user)
            return .json([
                "user": .string(user.text),
                "sessions": .array(sessions.map { .object($0.description(current: nil)) }),
            ])
        case .revokeSession(let user, let session):
            let note = try await body(of: request)["reason"]?.string
            let result = try await flow.end(session, of: user, reason: .revokedByOperator)
            return revoked(result, "session", user: user, note: note)
        case .revokeUser(let user):
            let note = try await body(of: request)["reason"]?.string
            return revoked(
                try await flow.endAll(of: user, reason: .revokedByOperator), "user", user: user, note: note)
        case .revokeEverybody:
            let body = try await body(of: request)
            guard body["confirm"]?.string == "everybody" else { throw OperatorError.confirmationMissing }
            return revoked(
                try await flow.endEverybody(reason: .revokedByOperator), "everybody", user: nil,
                note: body["reason"]?.string)
        case .block: return try await block(try await body(of: request))
        }
    }

    private func block(_ body: JSONObject) async throws -> Answer {
        guard let token = body["jti"]?.string.flatMap({ TokenID($0) }) else { throw OperatorError.invalid("jti") }
        guard let seconds = body["expires"]?.integer, seconds > flow.clock.now().seconds else {
            throw OperatorError.invalid("expires")
        }
        let result = try await flow.block(token, until: Timestamp(seconds: seconds), reason: .revokedByOperator)
        return revoked(result, "token", user: nil, note: body["reason"]?.string)
    }

    /// Logs who was revoked and why, and tells the operator.
    private func revoked(
        _ result: RequestFlow.RevocationResult, _ what: String, user: UserID?, note: String?
    ) -> Answer {
        var metadata: Logger.Metadata = ["what": "\(what)", "sessions": "\(result.sessions.count)"]
        if let user { metadata["user"] = "\(user)" }
        if let note { metadata["note"] = "\(note.prefix(200))" }
        flow.logger.notice("operator revoked", metadata: metadata)
        return .json(result.description)
    }

    private func body(of request: Request) async throws -> JSONObject {
        guard let bytes = try await request.bodyBytes(upTo: Self.bodyLimit) else { throw OperatorError.bodyTooLarge }
        if bytes.isEmpty { return JSONObject() }
        do {
            return try JSONObject(parsing: bytes)
        } catch {
            throw OperatorError.invalid("body")
        }
    }

    private func failure(_ error: any Error) -> Answer {
        switch error {
        case OperatorError.bodyTooLarge:
            .error("body_too_large", "The body is larger than 64 KiB.", status: .contentTooLarge)
        case OperatorError.confirmationMissing:
            .error("confirmation_missing", "Send {\"confirm\": \"everybody\"}.", status: .badRequest)
        case OperatorError.invalid(let field):
            .error("invalid_request", "\(field) is missing or not what it has to be.", status: .badRequest)
        case let error as FlowError:
            .error(error.code.rawValue, error.message, status: .serviceUnavailable)
        default: .error("internal", "The request could not be answered.", status: .serviceUnavailable)
        }
    }
}

private enum OperatorError: Error {
    case bodyTooLarge
    case confirmationMissing
    case invalid(String)
}
