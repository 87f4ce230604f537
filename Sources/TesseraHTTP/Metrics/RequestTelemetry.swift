package import CoreMetrics
import HTTPTypes
import TesseraRuntime

/// Measures requests by route and class of status.
package final class RequestTelemetry: Sendable {
    private let timers: [String: [CoreMetrics.Timer]]
    private let others: [CoreMetrics.Timer]

    /// The classes of status, from 1xx to 5xx.
    private static let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"]

    /// - Parameter factory: where the metrics go; the process's own unless said otherwise.
    package init(factory: any MetricsFactory = MetricsSystem.factory) {
        func make(_ route: String) -> [CoreMetrics.Timer] {
            Self.classes.map { Telemetry.timer(.requests, [.route: route, .status: $0], factory) }
        }
        timers = Dictionary(uniqueKeysWithValues: AuthRoute.names.map { ($0, make($0)) })
        others = make("other")
    }

    /// A request was answered.
    func answered(_ route: AuthRoute?, _ status: HTTPResponse.Status, after time: Duration) {
        let series = route.flatMap { timers[$0.name] } ?? others
        series[min(max(status.code / 100, 1), 5) - 1].recordNanoseconds(time.nanoseconds)
    }
}

extension AuthRoute {
    /// What the route is called in metrics and traces, without what the client filled in.
    var name: String {
        switch self {
        case .providers: "providers"
        case .csrf: "csrf"
        case .readSession: "read_session"
        case .updateSession: "update_session"
        case .signInPage: "sign_in_page"
        case .signIn: "sign_in"
        case .signOutPage: "sign_out_page"
        case .signOut: "sign_out"
        case .callback: "callback"
        case .verifyRequestPage: "verify_request_page"
        case .errorPage: "error_page"
        case .log: "log"
        case .account: "account"
        case .listSessions: "list_sessions"
        case .endSession, .endSessionForm: "end_session"
        case .revokeOthers: "revoke_others"
        case .keepAlive: "keep_alive"
        case .listAccounts: "list_accounts"
        case .linkAccount: "link_account"
        case .unlinkAccount: "unlink_account"
        case .accountToken: "account_token"
        case .events: "events"
        case .signedOutElsewhere: "signed_out_elsewhere"
        case .backChannelLogout: "back_channel_logout"
        }
    }

    /// All of these names.
    static let names = [
        "providers", "csrf", "read_session", "update_session", "sign_in_page", "sign_in", "sign_out_page", "sign_out",
        "callback", "verify_request_page", "error_page", "log", "account", "list_sessions", "end_session",
        "revoke_others", "keep_alive", "list_accounts", "link_account", "unlink_account", "account_token", "events",
        "signed_out_elsewhere", "back_channel_logout",
    ]
}
