import HTTPTypes
import Tessera
import TesseraCore
import TesseraHTTP

/// Where a route stands in the document.
struct DocumentedRoute: Hashable {
    let method: String
    let template: String

    init(_ method: HTTPRequest.Method, _ template: String) {
        self.method = method.rawValue
        self.template = template
    }
}

/// One sample of every route, and its place in the document. The switches know every case, so that a new one cannot be
/// forgotten here.
enum RouteTable {
    static let base = "/api/auth"

    /// Every case after one: the first for `nil`, `nil` after the last.
    private static func next(after route: AuthRoute?) -> AuthRoute? {
        switch route {
        case nil: .providers
        case .providers: .csrf
        case .csrf: .readSession
        case .readSession: .updateSession
        case .updateSession: .signInPage(nil)
        case .signInPage(nil): .signInPage("x")
        case .signInPage: .signIn(nil)
        case .signIn(nil): .signIn("x")
        case .signIn: .signOutPage
        case .signOutPage: .signOut
        case .signOut: .callback("x", isPost: false)
        case .callback(_, isPost: false): .callback("x", isPost: true)
        case .callback(_, isPost: true): .verifyRequestPage
        case .verifyRequestPage: .errorPage(nil)
        case .errorPage(nil): .errorPage("x")
        case .errorPage: .log
        case .log: .account
        case .account: .listSessions
        case .listSessions: .endSession("x")
        case .endSession: .endSessionForm("x")
        case .endSessionForm: .revokeOthers
        case .revokeOthers: .keepAlive
        case .keepAlive: .listAccounts
        case .listAccounts: .linkAccount("x")
        case .linkAccount: .unlinkAccount("x")
        case .unlinkAccount: .accountToken("x")
        case .accountToken: .events
        case .events: .signedOutElsewhere("x")
        case .signedOutElsewhere: .backChannelLogout("x")
        case .backChannelLogout: nil
        }
    }

    static var authRoutes: [AuthRoute] {
        var routes: [AuthRoute] = []
        while let route = next(after: routes.last) { routes.append(route) }
        return routes
    }

    static func place(of route: AuthRoute) -> DocumentedRoute {
        switch route {
        case .providers: DocumentedRoute(.get, "\(base)/providers")
        case .csrf: DocumentedRoute(.get, "\(base)/csrf")
        case .readSession: DocumentedRoute(.get, "\(base)/session")
        case .updateSession: DocumentedRoute(.post, "\(base)/session")
        case .signInPage(nil): DocumentedRoute(.get, "\(base)/signin")
        case .signInPage: DocumentedRoute(.get, "\(base)/signin/{provider}")
        case .signIn(nil): DocumentedRoute(.post, "\(base)/signin")
        case .signIn: DocumentedRoute(.post, "\(base)/signin/{provider}")
        case .signOutPage: DocumentedRoute(.get, "\(base)/signout")
        case .signOut: DocumentedRoute(.post, "\(base)/signout")
        case .callback(_, let isPost): DocumentedRoute(isPost ? .post : .get, "\(base)/callback/{provider}")
        case .verifyRequestPage: DocumentedRoute(.get, "\(base)/verify-request")
        case .errorPage(nil): DocumentedRoute(.get, "\(base)/error")
        case .errorPage: DocumentedRoute(.get, "\(base)/error/{code}")
        case .log: DocumentedRoute(.post, "\(base)/_log")
        case .account: DocumentedRoute(.get, "\(base)/account")
        case .listSessions: DocumentedRoute(.get, "\(base)/sessions")
        case .endSession: DocumentedRoute(.delete, "\(base)/sessions/{sid}")
        case .endSessionForm: DocumentedRoute(.post, "\(base)/sessions/{sid}/end")
        case .revokeOthers: DocumentedRoute(.post, "\(base)/sessions/revoke-others")
        case .keepAlive: DocumentedRoute(.post, "\(base)/keepalive")
        case .listAccounts: DocumentedRoute(.get, "\(base)/accounts")
        case .linkAccount: DocumentedRoute(.post, "\(base)/accounts/{provider}/link")
        case .unlinkAccount: DocumentedRoute(.post, "\(base)/accounts/{provider}/unlink")
        case .accountToken: DocumentedRoute(.get, "\(base)/accounts/{provider}/token")
        case .events: DocumentedRoute(.get, "\(base)/events")
        case .signedOutElsewhere: DocumentedRoute(.get, "\(base)/signout/callback/{provider}")
        case .backChannelLogout: DocumentedRoute(.post, "\(base)/backchannel-logout/{provider}")
        }
    }

    /// The samples of operator routes; the same way.
    static func operatorRoutes(_ user: UserID, _ session: SessionID) -> [OperatorRoute] {
        func next(after route: OperatorRoute?) -> OperatorRoute? {
            switch route {
            case nil: .listSessions(user)
            case .listSessions: .revokeSession(user, session)
            case .revokeSession: .revokeUser(user)
            case .revokeUser: .revokeEverybody
            case .revokeEverybody: .block
            case .block: .cluster
            case .cluster: .metrics
            case .metrics: nil
            }
        }
        var routes: [OperatorRoute] = []
        while let route = next(after: routes.last) { routes.append(route) }
        return routes
    }

    static func place(of route: OperatorRoute) -> DocumentedRoute {
        switch route {
        case .listSessions: DocumentedRoute(.get, "/v1/users/{user}/sessions")
        case .revokeSession: DocumentedRoute(.delete, "/v1/users/{user}/sessions/{sid}")
        case .revokeUser: DocumentedRoute(.post, "/v1/users/{user}/revoke")
        case .revokeEverybody: DocumentedRoute(.post, "/v1/everybody/revoke")
        case .block: DocumentedRoute(.post, "/v1/blocklist")
        case .cluster: DocumentedRoute(.get, "/v1/cluster")
        case .metrics: DocumentedRoute(.get, "/metrics")
        }
    }

    static let health = [DocumentedRoute(.get, "/health/live"), DocumentedRoute(.get, "/health/ready")]

    /// A path of the document with its parameters filled in.
    static func path(_ template: String, provider: String = "credentials", sid: String, user: String = "user-alice")
        -> String
    {
        template.replacing("{provider}", with: provider).replacing("{sid}", with: sid).replacing("{user}", with: user)
            .replacing("{code}", with: "AccessDenied")
    }
}
