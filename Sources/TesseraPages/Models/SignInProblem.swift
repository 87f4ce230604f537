/// The error box of the sign-in page: which text a code of contract 6.1 gets.
package enum SignInProblem: Sendable, Equatable, CaseIterable {
    /// `Signin`, `OAuthSignin`, `OAuthCallback`, `OAuthCreateAccount`, `EmailCreateAccount`, `Callback`.
    case tryAnotherAccount
    /// `OAuthAccountNotLinked`.
    case accountNotLinked
    /// `EmailSignin`.
    case mailNotSent
    /// `CredentialsSignin`.
    case credentialsRefused
    /// `SessionRequired`.
    case sessionRequired
    /// `TooManyAttempts`.
    case tooManyAttempts
    /// `RecentSignInRequired`.
    case recentSignInRequired
    /// Every other code.
    case other

    /// The problem of a code; nil where there is none. The letters' case does not matter.
    package init?(code: String?) {
        guard let code, !code.isEmpty else { return nil }
        switch code.lowercased() {
        case "signin", "oauthsignin", "oauthcallback", "oauthcreateaccount", "emailcreateaccount", "callback":
            self = .tryAnotherAccount
        case "oauthaccountnotlinked": self = .accountNotLinked
        case "emailsignin": self = .mailNotSent
        case "credentialssignin": self = .credentialsRefused
        case "sessionrequired": self = .sessionRequired
        case "toomanyattempts": self = .tooManyAttempts
        case "recentsigninrequired": self = .recentSignInRequired
        default: self = .other
        }
    }

    /// What the box says.
    package var text: String {
        switch self {
        case .tryAnotherAccount: "That did not work. Please try again, or use a different account."
        case .accountNotLinked:
            "This email address already belongs to an account here. "
                + "To show that it is you, sign in the way you did the first time."
        case .mailNotSent: "The email could not be sent. Check the address and try again."
        case .credentialsRefused: "These details do not match an account. Check them and try again."
        case .sessionRequired: "Please sign in to see that page."
        case .tooManyAttempts: "There were too many attempts. Please wait a little, then try again."
        case .recentSignInRequired:
            "To change how you sign in, first sign in again in a way that you already use."
        case .other: "Signing in did not work. Please try again."
        }
    }
}
