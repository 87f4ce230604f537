/// What a token says of itself, as far as a blocklist can end it.
package struct TokenFacts: Sendable, Hashable {
    package let user: UserID
    package let session: SessionID
    package let generation: Generation
    package let userEpoch: Epoch
    package let deploymentEpoch: Epoch
    package let id: TokenID

    package init(
        user: UserID, session: SessionID, generation: Generation, userEpoch: Epoch, deploymentEpoch: Epoch, id: TokenID
    ) {
        self.user = user
        self.session = session
        self.generation = generation
        self.userEpoch = userEpoch
        self.deploymentEpoch = deploymentEpoch
        self.id = id
    }
}

/// The revocations that can still matter.
///
/// A join-semilattice: `insert` in any order, any number of times, gives the same blocklist. Of two facts about the
/// same thing the wider one and the later expiry stay.
package struct Blocklist: Sendable {
    private var tokens: [TokenID: Timestamp] = [:]
    private var sessions: [SessionID: Ended<Generation>] = [:]
    private var users: [UserID: Ended<Epoch>] = [:]
    private var deployment = Epoch.initial
    /// The earliest expiry of an entry, so that a trim that can find nothing costs nothing.
    private var nextExpiry: Timestamp?

    /// An end below a counter.
    private struct Ended<Counter: Comparable & Sendable>: Sendable {
        var below: Counter
        var expires: Timestamp
    }

    /// Below every generation there is: the whole session.
    private static let everyGeneration = Generation(.max)

    package init() {}

    /// What a blocklist says of a token.
    package enum Verdict: Sendable, Hashable {
        /// Nothing.
        case clear
        /// It is not fresh, whatever it says: ask the store.
        case superseded
        /// It is ended.
        case ended
    }

    /// The number of entries.
    package var count: Int { tokens.count + sessions.count + users.count }

    /// What this blocklist says of a token.
    package func verdict(on token: TokenFacts) -> Verdict {
        if token.deploymentEpoch < deployment { return .ended }
        if let user = users[token.user], token.userEpoch < user.below { return .ended }
        if !tokens.isEmpty, tokens[token.id] != nil { return .ended }
        guard let session = sessions[token.session] else { return .clear }
        if session.below == Self.everyGeneration { return .ended }
        return token.generation < session.below ? .superseded : .clear
    }

    /// Whether a session of a user is ended here: by its name, or by an epoch.
    package func contains(_ session: SessionRecord, of user: UserID) -> Bool {
        if session.deploymentEpoch < deployment || contains(session.id) { return true }
        return users[user].map { session.userEpoch < $0.below } ?? false
    }

    /// Whether a session as a whole is ended here.
    package func contains(_ session: SessionID) -> Bool { sessions[session]?.below == Self.everyGeneration }

    /// Whether a token is ended here by its `jti`.
    package func contains(_ token: TokenID) -> Bool { tokens[token] != nil }

    /// Adds a revocation. Returns whether it said anything new.
    @discardableResult
    package mutating func insert(_ revocation: Revocation) -> Bool {
        let expires = revocation.expires
        if case .everybody(let below) = revocation.fact {
            defer { deployment = max(deployment, below) }
            return below > deployment
        }
        nextExpiry = min(nextExpiry ?? expires, expires)
        switch revocation.fact {
        case .token(let id): return Self.raise(&tokens[id], to: expires)
        case .session(let id): return Self.raise(&sessions[id], below: Self.everyGeneration, expires: expires)
        case .generations(let id, let below): return Self.raise(&sessions[id], below: below, expires: expires)
        case .user(let id, let below): return Self.raise(&users[id], below: below, expires: expires)
        case .everybody: return false
        }
    }

    private static func raise(_ entry: inout Timestamp?, to expires: Timestamp) -> Bool {
        guard let old = entry else {
            entry = expires
            return true
        }
        entry = max(old, expires)
        return expires > old
    }

    private static func raise<Counter>(_ entry: inout Ended<Counter>?, below: Counter, expires: Timestamp) -> Bool {
        guard let old = entry else {
            entry = Ended(below: below, expires: expires)
            return true
        }
        entry = Ended(below: max(old.below, below), expires: max(old.expires, expires))
        return below > old.below || expires > old.expires
    }

    /// Removes what no longer matters. Returns how many entries that was. A raised deployment epoch stays.
    @discardableResult
    package mutating func trim(at now: Timestamp) -> Int {
        guard let nextExpiry, nextExpiry <= now else { return 0 }
        let before = count
        tokens = tokens.filter { $0.value > now }
        sessions = sessions.filter { $0.value.expires > now }
        users = users.filter { $0.value.expires > now }
        let earliest = [
            tokens.values.min(), sessions.values.lazy.map(\.expires).min(), users.values.lazy.map(\.expires).min(),
        ]
        self.nextExpiry = earliest.compactMap { $0 }.min()
        return before - count
    }
}
