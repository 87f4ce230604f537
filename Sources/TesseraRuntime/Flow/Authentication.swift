package import TesseraCore
package import TesseraTokens

/// Who presents a request.
package enum Authentication: Sendable {
    /// No credential was presented.
    case anonymous
    /// A session that is alive.
    case active(ActiveSession)
    /// A credential that does not let in, and never will again.
    case ended(Ending)
}

/// A session as a request presents it.
package struct ActiveSession: Sendable {
    package let token: SessionToken
    /// The token that takes the place of the presented one; `nil` while that is fresh.
    package let replacement: MintedToken?
    /// The generation that was presented.
    let presentedGeneration: Generation

    /// A session whose token is fresh.
    init(token: SessionToken) {
        self.init(token: token, replacement: nil, presentedGeneration: token.generation)
    }

    init(token: SessionToken, replacement: MintedToken?, presentedGeneration: Generation) {
        self.token = token
        self.replacement = replacement
        self.presentedGeneration = presentedGeneration
    }
}

/// Why a credential does not let in. All of these are certain: its cookie may be cleared.
package enum Ending: Sendable, Equatable {
    /// It is not a token of ours, or it has expired.
    case invalidToken(TokenError)
    /// It was revoked.
    case revoked
    /// The rules of the user's sessions refuse it.
    case refused(Refusal)
    /// It is a NextAuth.js token, and those are not taken over (any more).
    case adoptionRefused
}
