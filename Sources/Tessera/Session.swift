public import Hummingbird
public import JSON
public import NIOCore
public import TesseraCore
public import TesseraTokens

/// The session that a request presents.
public struct Session: Sendable {
    /// Everything that its token says.
    public let token: SessionToken

    package init(token: SessionToken) { self.token = token }

    /// Names the session; not a secret.
    public var id: SessionID { token.session }
    /// Whose it is: the `sub` claim.
    public var user: UserID { token.user }
    /// All claims of the application's.
    public var claims: JSONObject { token.claims }
    /// The `name` claim.
    public var name: String? { token.claims["name"]?.string }
    /// The `email` claim.
    public var email: String? { token.claims["email"]?.string }
    /// The `picture` claim.
    public var image: String? { token.claims["picture"]?.string }
    /// When the user proved who he is.
    public var authenticatedAt: Timestamp { token.authenticatedAt }
}

/// A request context that carries the session; what `requireSession` and `readSession` need.
public protocol SessionRequestContext: RequestContext {
    /// The session that the request presents; `nil` where there is none, or nobody has looked.
    var session: Session? { get set }
}

extension SessionRequestContext {
    /// The session, for routes behind `requireSession`; answers 401 where there is none.
    public func requireSession() throws -> Session {
        guard let session else { throw HTTPError(.unauthorized) }
        return session
    }
}

/// A request context with a session and the client's address, for applications that need nothing else.
public struct SessionContext: SessionRequestContext, RemoteAddressRequestContext {
    /// What every context of Hummingbird has.
    public var coreContext: CoreRequestContextStorage
    /// The session that the request presents.
    public var session: Session?
    /// Who sent the request to us: the client, or the proxy in front.
    public let remoteAddress: SocketAddress?

    /// The context of a new request.
    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress
    }
}
