import HTTPTypes
public import Hummingbird
public import TesseraCore
import TesseraHTTP
import TesseraRuntime

/// Finds out whose session a request presents before an application's own routes (contract 9.2).
///
/// A session that is due for a new token gets it with the response. Where the store cannot be asked the answer is 503:
/// nobody is sent to sign in because of an outage.
public struct SessionMiddleware<Context: SessionRequestContext>: RouterMiddleware {
    /// The application's say about a request: false refuses even a session, true lets through even without one, `nil`
    /// leaves it to whether there is a session.
    public typealias Authorized = @Sendable (Request, Session?) async throws -> Bool?

    private let gate: SessionGate
    private let refusal: SessionGate.Refusal
    private let authorized: Authorized?

    init(gate: SessionGate, refusal: SessionGate.Refusal, authorized: Authorized?) {
        self.gate = gate
        self.refusal = refusal
        self.authorized = authorized
    }

    public func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let peer = (context as? any RemoteAddressRequestContext)?.remoteAddress?.ipAddress
        let outcome = try await gate.check(request, peer: peer, refusal: refusal) { session in
            try await authorized?(request, session.map { Session(token: $0.token) })
        }
        switch outcome {
        case .stop(let response): return response
        case .pass(let session, let headers):
            var context = context
            context.session = session.map { Session(token: $0.token) }
            var response = try await next(request, context)
            for field in headers { response.headers.append(field) }
            return response
        }
    }
}

/// What somebody without a session is told.
public enum Unauthenticated: Sendable, Hashable {
    /// 401 with a JSON error.
    case unauthorized
    /// 307 to the sign-in page, which leads back.
    case redirect
    /// A redirect for somebody who looks at a page, 401 for a program.
    case automatic
}

extension Tessera {
    /// Lets only requests with a session through.
    ///
    /// - Parameters:
    ///   - otherwise: what the others are told.
    ///   - authorized: the application's say; decides where it does not return `nil`.
    public func requireSession<Context: SessionRequestContext>(
        _ context: Context.Type = SessionContext.self, otherwise: Unauthenticated = .automatic,
        authorized: SessionMiddleware<Context>.Authorized? = nil
    ) -> SessionMiddleware<Context> {
        let refusal: SessionGate.Refusal =
            switch otherwise {
            case .unauthorized: .unauthorized
            case .redirect: .redirect
            case .automatic: .automatic
            }
        return SessionMiddleware(gate: SessionGate(api: api), refusal: refusal, authorized: authorized)
    }

    /// Gives routes the session of those who have one, and lets everybody through. Routes below the base path are Tessera's
    /// own, and get none.
    public func readSession<Context: SessionRequestContext>(
        _ context: Context.Type = SessionContext.self
    ) -> SessionMiddleware<Context> {
        SessionMiddleware(gate: SessionGate(api: api), refusal: .letThrough, authorized: nil)
    }

    // MARK: From the application's own code

    /// Ends all sessions of a user: after a change of password or rights, or when he is suspended.
    ///
    /// When it returns, no token of his is accepted here. Throws where the store cannot be asked, or does not answer; then
    /// it is not known to be done, and has to be asked for again.
    public func revokeSessions(of user: UserID) async throws {
        _ = try await flow.endAll(of: user, reason: .revokedByApplication)
    }

    /// Ends one session of a user.
    public func revokeSession(_ session: SessionID, of user: UserID) async throws {
        _ = try await flow.end(session, of: user, reason: .revokedByApplication)
    }
}
