/// What the account page says after an action. The raw value is what a redirect back to the page may carry in its
/// query, so that no text of a query is ever shown.
package enum AccountNotice: String, Sendable, CaseIterable {
    /// One session was ended.
    case sessionEnded = "session-ended"
    /// All sessions but this one were ended.
    case othersEnded = "others-ended"
    /// The session to be ended was not there any more.
    case alreadyEnded = "already-ended"
    /// An account was linked.
    case accountLinked = "account-linked"
    /// An account was unlinked.
    case accountUnlinked = "account-unlinked"
    /// The account to be unlinked is the last way in.
    case lastWayIn = "last-way-in"
    /// The account to be linked is somebody else's here.
    case accountTaken = "account-taken"
    /// The provider did not vouch for the account to be linked.
    case linkFailed = "link-failed"
    /// The form's CSRF token was not accepted; nothing was done.
    case formExpired = "form-expired"

    /// What the notice says.
    package var text: String {
        switch self {
        case .sessionEnded: "The session was ended."
        case .othersEnded: "All other sessions were ended."
        case .alreadyEnded: "That session had already ended."
        case .accountLinked: "The account was linked. You can sign in with it from now on."
        case .accountUnlinked: "The account was unlinked."
        case .lastWayIn: "That is your only way to sign in, so it was kept. Link another one first."
        case .accountTaken: "That account belongs to another user here, so it was not linked."
        case .linkFailed: "The account could not be linked. Please try again."
        case .formExpired: "This page had been open for too long, so nothing was changed. Please try again."
        }
    }

    /// Whether it tells of something that went wrong.
    package var isProblem: Bool {
        switch self {
        case .sessionEnded, .othersEnded, .alreadyEnded, .accountLinked, .accountUnlinked: false
        case .lastWayIn, .accountTaken, .linkFailed, .formExpired: true
        }
    }
}
