/// Everything that the clients of a cluster saw, and what a test did to the cluster that excuses some of it.
package struct History: Sendable, Equatable {
    /// What a test did.
    package enum Event: Sendable, Equatable {
        /// The store lost everything that it had acknowledged between two moments.
        case storeLost(since: Duration, until: Duration)
        /// No node knows any more what it had heard of before: all were down at once.
        case nodesForgot(at: Duration)
    }

    package var operations: [ClientOperation]
    package var events: [Event]

    package init(operations: [ClientOperation] = [], events: [Event] = []) {
        self.operations = operations
        self.events = events
    }
}

/// A promise that a history shows broken.
package struct Violation: Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        /// Promise 1: a token was accepted later than the bound after its revocation had returned.
        case acceptedAfterBound
        /// Promise 1: a token was accepted although every node had confirmed its revocation.
        case acceptedAfterConfirmation
        /// Promise 2: somebody was signed out whom nobody had signed out.
        case signedOutByFailure
        /// Promise 2: a 503 cleared a cookie.
        case clearedByFailure
        /// Promise 2: a 503 did not say when to come back.
        case noRetryAfter
        /// Promise 2: a node answered with neither yes, nor no, nor 503.
        case failed
        /// Promise 3: a revocation that a replica had acknowledged is not known any more.
        case replicatedLost
        /// Promise 4: a generation has two successors, or one generation two tokens.
        case forked
        /// Promise 5: a token was accepted whose session had been told to be over.
        case revived
    }

    package let kind: Kind
    /// What shows it.
    package let operations: [ClientOperation]

    package init(_ kind: Kind, _ operations: ClientOperation...) {
        self.kind = kind
        self.operations = operations
    }

    package var description: String { "\(kind.rawValue): \(operations.map { "\($0)" }.joined(separator: " after "))" }
}

extension ClientOperation: CustomStringConvertible {
    package var description: String {
        "node \(node), \(Self.text(invoked))-\(Self.text(returned)): \(action) -> \(outcome)"
    }

    private static func text(_ time: Duration) -> String { "\(time / .milliseconds(1)) ms" }
}

extension SeenToken: CustomStringConvertible {
    package var description: String { "\(user)/\(session.prefix(8))/\(generation)" }
}
