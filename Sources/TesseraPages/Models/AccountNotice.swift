/// What the account page says after an action. The raw value is what a redirect back to the page may carry in its
/// query, so that no text of a query is ever shown.
package enum AccountNotice: String, Sendable, CaseIterable {
    /// One session was ended.
    case sessionEnded = "session-ended"
    /// All sessions but this one were ended.
    case othersEnded = "others-ended"
    /// The session to be ended was not there any more.
    case alreadyEnded = "already-ended"
    /// The form's CSRF token was not accepted; nothing was done.
    case formExpired = "form-expired"

    /// What the notice says.
    package var text: String {
        switch self {
        case .sessionEnded: "The session was ended."
        case .othersEnded: "All other sessions were ended."
        case .alreadyEnded: "That session had already ended."
        case .formExpired: "This page had been open for too long, so nothing was changed. Please try again."
        }
    }

    /// Whether it tells of something that went wrong.
    package var isProblem: Bool {
        switch self {
        case .sessionEnded, .othersEnded, .alreadyEnded: false
        case .formExpired: true
        }
    }
}
