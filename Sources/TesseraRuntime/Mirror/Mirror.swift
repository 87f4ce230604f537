import Synchronization
package import TesseraCore

/// A node's own in-memory copy of the blocklist.
///
/// Read on every request, without waiting for anybody but the holder of a short lock. It says `unknown` until
/// somebody has vouched that it is complete, and again when that has run out: then the store has to be asked.
package final class Mirror: Sendable {
    private struct State {
        var blocklist = Blocklist()
        /// Until when the blocklist is known to be complete; `nil` before it was first filled.
        var trustedUntil: Timestamp?
        /// How often there has been a doubt.
        var doubts = 0
        /// The users of whom the store may know more, with the number of the doubt.
        var doubted: [UserID: Int] = [:]
        /// The number of the last doubt that was of everybody.
        var doubtOfEverybody = 0

        mutating func doubt(_ user: UserID?) {
            doubts += 1
            if let user, doubted.count < Mirror.doubtLimit {
                doubted[user] = doubts
            } else {
                doubtOfEverybody = doubts
                trustedUntil = nil
            }
        }
    }

    /// Of how many users there may be a doubt before there is one of everybody.
    private static let doubtLimit = 10_000

    private let state = Mutex(State())

    package init() {}

    /// What a mirror says of a token.
    package enum Verdict: Sendable, Hashable {
        /// Nothing ends it.
        case clear
        /// It is not fresh any more, whatever it says.
        case superseded
        /// It is ended.
        case ended
        /// It cannot be told here: the mirror may be incomplete. What it does know to be ended is `ended` even then.
        case unknown
    }

    /// What this mirror says of a token at `now`.
    package func verdict(on token: TokenFacts, at now: Timestamp) -> Verdict {
        state.withLock { state in
            switch state.blocklist.verdict(on: token) {
            case .ended: return .ended
            case .superseded: return .superseded
            case .clear:
                guard let trustedUntil = state.trustedUntil, now < trustedUntil else { return .unknown }
                if !state.doubted.isEmpty, state.doubted[token.user] != nil { return .unknown }
                return .clear
            }
        }
    }

    /// Whether a session of a user is known to be ended, by its name or by an epoch.
    package func isEnded(_ session: SessionRecord, of user: UserID) -> Bool {
        state.withLock { $0.blocklist.contains(session, of: user) }
    }

    /// Whether a session is known to be ended.
    package func isEnded(_ session: SessionID) -> Bool { state.withLock { $0.blocklist.contains(session) } }

    /// Whether a token is known to be ended by its `jti`.
    package func isEnded(_ token: TokenID) -> Bool { state.withLock { $0.blocklist.contains(token) } }

    /// Takes over revocations; more never hurt.
    package func insert(_ revocations: some Sequence<Revocation>) {
        state.withLock { state in
            for revocation in revocations { state.blocklist.insert(revocation) }
        }
    }

    /// Vouches that every revocation that was acknowledged until now has been inserted, and that later ones will be
    /// until `limit`; what was doubted after the first `doubts` doubts stays so.
    package func trust(until limit: Timestamp, afterDoubts doubts: Int) {
        state.withLock { state in
            state.doubted = state.doubted.filter { $0.value > doubts }
            if state.doubtOfEverybody <= doubts { state.trustedUntil = limit }
        }
    }

    /// The store may hold a revocation that is not here, because its answer was lost: the mirror no longer vouches for
    /// a user, or with `nil` for anybody.
    package func doubt(_ user: UserID?) { state.withLock { $0.doubt(user) } }

    /// How often there has been a doubt.
    package var doubts: Int { state.withLock { $0.doubts } }

    /// Whether there is nothing that it does not vouch for.
    package func isWhole(at now: Timestamp) -> Bool {
        state.withLock { state in state.doubted.isEmpty && state.trustedUntil.map { now < $0 } ?? false }
    }

    /// Whether it is vouched that this mirror is complete.
    package func isTrusted(at now: Timestamp) -> Bool {
        state.withLock { state in state.trustedUntil.map { now < $0 } ?? false }
    }

    /// Drops entries that no longer matter.
    package func trim(at now: Timestamp) { state.withLock { _ = $0.blocklist.trim(at: now) } }

    /// The number of entries.
    package var count: Int { state.withLock { $0.blocklist.count } }
}

extension Timestamp {
    /// For what is vouched for without limit: the only node on a store of its own.
    package static let distantFuture = Timestamp(milliseconds: .max)
}
