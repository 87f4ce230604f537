package import HTTPTypes
import TesseraCore

/// What a request to the API asks for: method and path below the base path (contract 1.1, 1.5).
package enum AuthRoute: Sendable, Equatable {
    case providers
    case csrf
    case readSession
    case updateSession
    case signInPage(String?)
    /// Without a provider there is nothing to begin: to the sign-in page.
    case signIn(String?)
    case signOutPage
    case signOut
    case callback(String, isPost: Bool)
    case verifyRequestPage
    case errorPage(String?)
    case log
    // Beyond NextAuth.js:
    case account
    case listSessions
    case endSession(String)
    /// The account page's button, for forms know no DELETE.
    case endSessionForm(String)
    case revokeOthers
    case keepAlive
    case listAccounts
    case linkAccount(String)
    case unlinkAccount(String)
    case accountToken(String)
    /// Server-sent events about the session.
    case events
    /// A provider sends the browser back that has signed out there.
    case signedOutElsewhere(String)
    /// A provider says that somebody has signed out there.
    case backChannelLogout(String)

    /// `nil` where there is no such action with this method.
    ///
    /// - Parameter path: what follows the base path, without query.
    package init?(method: HTTPRequest.Method, path: Substring) {
        let segments = path.utf8.split(separator: UInt8(ascii: "/")).map { segment in
            segment.contains(UInt8(ascii: "%"))
                ? PercentEncoding.decode(Array(segment)[...]) ?? String(Substring(segment)) : String(Substring(segment))
        }
        let second = segments.count > 1 ? segments[1] : nil
        switch (method, segments.first) {
        case (.get, let action?): self.init(get: action, second, segments.count > 2 ? segments[2] : nil)
        case (.post, let action?): self.init(post: action, second, segments.count > 2 ? segments[2] : nil)
        case (.delete, "sessions"):
            guard let second else { return nil }
            self = .endSession(second)
        default: return nil
        }
    }

    private init?(get action: String, _ second: String?, _ third: String?) {
        switch action {
        case "providers": self = .providers
        case "csrf": self = .csrf
        case "session": self = .readSession
        case "signin": self = .signInPage(second)
        case "signout":
            switch (second, third) {
            case ("callback"?, let provider?): self = .signedOutElsewhere(provider)
            default: self = .signOutPage
            }
        case "callback":
            guard let second else { return nil }
            self = .callback(second, isPost: false)
        case "verify-request": self = .verifyRequestPage
        case "error": self = .errorPage(second)
        case "account": self = .account
        case "events": self = .events
        case "sessions" where second == nil: self = .listSessions
        case "accounts":
            switch (second, third) {
            case (nil, _): self = .listAccounts
            case (let provider?, "token"?): self = .accountToken(provider)
            default: return nil
            }
        default: return nil
        }
    }

    private init?(post action: String, _ second: String?, _ third: String?) {
        switch (action, second) {
        case ("session", _): self = .updateSession
        case ("signin", let provider): self = .signIn(provider)
        case ("signout", _): self = .signOut
        case ("callback", let provider?): self = .callback(provider, isPost: true)
        case ("_log", _): self = .log
        case ("sessions", "revoke-others"?): self = .revokeOthers
        case ("sessions", let session?) where third == "end": self = .endSessionForm(session)
        case ("keepalive", _): self = .keepAlive
        case ("accounts", let provider?) where third == "link": self = .linkAccount(provider)
        case ("accounts", let provider?) where third == "unlink": self = .unlinkAccount(provider)
        case ("backchannel-logout", let provider?): self = .backChannelLogout(provider)
        default: return nil
        }
    }
}
