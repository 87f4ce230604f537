package import HTTPTypes
package import TesseraCore

/// What an operator asks for.
package enum OperatorRoute: Sendable, Equatable {
    case listSessions(UserID)
    case revokeSession(UserID, SessionID)
    case revokeUser(UserID)
    case revokeEverybody
    case block
    case cluster
    case metrics

    /// `nil` where there is no such action with this method.
    package init?(method: HTTPRequest.Method, path: some StringProtocol) {
        let parts = path.split(separator: "/")
        let segments = parts.compactMap { PercentEncoding.decode($0) }
        if method == .get, segments == ["metrics"] {
            self = .metrics
            return
        }
        guard segments.count == parts.count, segments.first == "v1" else { return nil }
        switch (method, segments.count, segments.dropFirst().first) {
        case (.get, 4, "users") where segments[3] == "sessions":
            guard let user = UserID(segments[2]) else { return nil }
            self = .listSessions(user)
        case (.delete, 5, "users") where segments[3] == "sessions":
            guard let user = UserID(segments[2]), let session = SessionID(segments[4]) else { return nil }
            self = .revokeSession(user, session)
        case (.post, 4, "users") where segments[3] == "revoke":
            guard let user = UserID(segments[2]) else { return nil }
            self = .revokeUser(user)
        case (.post, 3, "everybody") where segments[2] == "revoke": self = .revokeEverybody
        case (.post, 2, "blocklist"): self = .block
        case (.get, 2, "cluster"): self = .cluster
        default: return nil
        }
    }
}
