/// One thing that a client did at one node, and what came back.
package struct ClientOperation: Sendable, Equatable {
    /// What was asked for.
    package enum Action: Sendable, Equatable {
        /// A sign-in.
        case signIn(user: String)
        /// Presenting a token: reading the session, or keeping it alive.
        case check(SeenToken)
        /// Presenting a token to change the session's claims, which ends its generation early.
        case update(SeenToken)
        /// A sign-out, or an operator's revocation.
        case revoke(Target)
    }

    /// Whom a revocation names.
    package enum Target: Sendable, Equatable {
        case session(String)
        case user(String)
        case everybody
    }

    /// What came back.
    package enum Outcome: Sendable, Equatable {
        /// Let in; with a token in the place of the one that was presented, if there was one.
        case accepted(SeenToken?)
        /// Told to be signed out.
        case refused
        /// A revocation has returned.
        case revoked(Acknowledgement)
        /// 503.
        case unavailable(Unavailability)
        /// A status that a node has no reason to answer with.
        case failed(status: UInt)
        /// No answer: what was asked for may have been done, or not.
        case unknown

        /// Whether a token was let in, also where another came in its place.
        package var isAccepted: Bool { if case .accepted = self { true } else { false } }
    }

    /// What the answer to a revocation says was reached.
    package struct Acknowledgement: Sendable, Equatable {
        /// Whether a replica has it.
        package var isReplicated = false
        /// Whether all nodes have confirmed it.
        package var isConfirmed = false

        package init(isReplicated: Bool = false, isConfirmed: Bool = false) {
            (self.isReplicated, self.isConfirmed) = (isReplicated, isConfirmed)
        }
    }

    /// How a node said that it cannot tell.
    package struct Unavailability: Sendable, Equatable {
        package var hasRetryAfter = true
        package var clearsCookie = false

        package init(hasRetryAfter: Bool = true, clearsCookie: Bool = false) {
            (self.hasRetryAfter, self.clearsCookie) = (hasRetryAfter, clearsCookie)
        }
    }

    package let action: Action
    /// The number of the node, from 1.
    package let node: Int
    /// When it began and when its answer was there, counted from the beginning of the history by a clock that is never
    /// set.
    package let invoked: Duration
    package let returned: Duration
    package let outcome: Outcome

    package init(_ action: Action, at node: Int, invoked: Duration, returned: Duration, _ outcome: Outcome) {
        self.action = action
        self.node = node
        self.invoked = invoked
        self.returned = returned
        self.outcome = outcome
    }
}

/// What a client can tell of a session token, knowing the secret.
package struct SeenToken: Sendable, Hashable {
    package let user: String
    package let session: String
    /// 0 for a token of NextAuth.js that is to be taken over.
    package let generation: UInt32
    /// The same for two tokens that say the same, however they are sealed.
    package let content: String

    package init(user: String, session: String, generation: UInt32, content: String = "") {
        self.user = user
        self.session = session
        self.generation = generation
        self.content = content
    }
}

extension ClientOperation {
    /// The token that was presented.
    var presented: SeenToken? {
        switch action {
        case .check(let token), .update(let token): token
        case .signIn, .revoke: nil
        }
    }

    /// The token that came back.
    var received: SeenToken? {
        if case .accepted(let token) = outcome { token } else { nil }
    }

    /// Whether a token was presented and let in.
    var isAcceptance: Bool { presented != nil && outcome.isAccepted }
}
