/// Whose sign-in it is: the table of contract 5.7 as two pure functions. The names of its rows stand at the cases.
package enum AccountLinking {
    /// What is known when a provider has identified somebody.
    package struct ProviderSituation: Sendable, Hashable {
        /// The user whom the account is linked to.
        package var accountOwner: UserID?
        /// The user who is signed in, and has a place in the directory.
        package var current: UserID?
        /// Whether `current` proved who he is lately enough to be given another way in.
        package var currentIsRecent: Bool
        /// The user with the address that the provider names.
        package var emailOwner: UserID?
        /// Whether the operator lets this provider's word on addresses count, and the provider does not itself call the
        /// address unverified (`allowDangerousEmailAccountLinking`).
        package var emailCounts: Bool

        package init(
            accountOwner: UserID? = nil, current: UserID? = nil, currentIsRecent: Bool = true,
            emailOwner: UserID? = nil, emailCounts: Bool = false
        ) {
            self.accountOwner = accountOwner
            self.current = current
            self.currentIsRecent = currentIsRecent
            self.emailOwner = emailOwner
            self.emailCounts = emailCounts
        }
    }

    /// What to do with somebody whom a provider has identified.
    package enum ProviderDecision: Sendable, Hashable {
        /// O1, O3: the account is known, and its owner signs in.
        case signIn(UserID)
        /// O4, O6: the account becomes another way in for this user.
        case link(UserID)
        /// O7: a user is made, and the account with him, in one step.
        case create
        case refuse(Refusal)
    }

    /// Why an account is not let in.
    package enum Refusal: Sendable, Hashable {
        /// O2: it belongs to somebody else than who is signed in.
        case accountOfAnother
        /// O5: somebody else has its address, and has not shown that the account is his.
        case emailOfAnother
        /// The account would be linked, but who is signed in has not proved lately who he is.
        case notRecent
    }

    /// The table for providers.
    package static func decide(_ situation: ProviderSituation) -> ProviderDecision {
        switch (situation.accountOwner, situation.current) {
        case (let owner?, let current?) where owner != current: .refuse(.accountOfAnother)
        case (let owner?, _): .signIn(owner)
        case (nil, let current?): situation.currentIsRecent ? .link(current) : .refuse(.notRecent)
        case (nil, nil):
            switch situation.emailOwner {
            case let owner? where situation.emailCounts: .link(owner)
            case .some: .refuse(.emailOfAnother)
            case nil: .create
            }
        }
    }

    /// What to do with somebody who has followed a link in an e-mail. Whoever was signed in before, makes way.
    package enum EmailDecision: Sendable, Hashable {
        /// E1, E2, E3: the address is this user's, and is verified now.
        case verify(UserID)
        /// E4: a user is made, his address verified.
        case create
    }

    /// The table for e-mail links.
    package static func decide(emailOwner: UserID?) -> EmailDecision { emailOwner.map { .verify($0) } ?? .create }
}
