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
    /// The provider was told no: the reasons that say that the user, or a rule there, did not agree.
    case refusedElsewhere
    /// The provider has trouble of its own.
    case troubleElsewhere
    /// Every other code.
    case other

    /// The problem of a code; nil where there is none. The letters' case does not matter.
    ///
    /// - Parameter reason: what the provider said, for codes that stand for many things.
    package init?(code: String?, reason: String? = nil) {
        guard let code, !code.isEmpty else { return nil }
        switch (code.lowercased(), reason) {
        case ("oauthcallback", "access_denied"?), ("oauthcallback", "consent_required"?),
            ("oauthcallback", "interaction_required"?), ("oauthcallback", "login_required"?),
            ("oauthcallback", "account_selection_required"?):
            self = .refusedElsewhere
            return
        case ("oauthcallback", "server_error"?), ("oauthcallback", "temporarily_unavailable"?):
            self = .troubleElsewhere
            return
        default: break
        }
        switch code.lowercased() {
        case "signin", "oauthsignin", "oauthcallback", "oauthcreateaccount", "emailcreateaccount", "callback":
            self = .tryAnotherAccount
        case "oauthaccountnotlinked": self = .accountNotLinked
        case "emailsignin": self = .mailNotSent
        case "credentialssignin": self = .credentialsRefused
        case "sessionrequired": self = .sessionRequired
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
        case .refusedElsewhere: "The other site did not let you in, or you said no there. Please try again."
        case .troubleElsewhere: "The other site has trouble at the moment. Please try again in a while."
        case .other: "Signing in did not work. Please try again."
        }
    }
}
