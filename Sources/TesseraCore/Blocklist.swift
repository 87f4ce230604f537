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

/// An end below a counter: a session's generation, or a user's epoch. A token's is 0.
struct BlocklistEntry: Sendable {
    var expires: Timestamp
    var below: UInt32
    var reason: EndReason

    /// Whether this says all that another entry about the same thing says.
    func covers(_ other: BlocklistEntry) -> Bool { below >= other.below && expires >= other.expires }

    /// The wider of two, until the later expiry.
    func merged(with other: BlocklistEntry) -> BlocklistEntry {
        let wider = other.below > below ? other : self
        return BlocklistEntry(expires: max(expires, other.expires), below: wider.below, reason: wider.reason)
    }
}

/// The revocations that can still matter.
///
/// A join-semilattice: `insert` in any order, any number of times, gives the same blocklist. Of two facts about the
/// same thing the wider one and the later expiry stay. (The reason goes with the wider one; it ends nothing.)
package struct Blocklist: Sendable {
    private var tokens: [TokenID: Entry] = [:]
    private var sessions = SessionTable()
    private var users: [UserID: Entry] = [:]
    private var deployment = Epoch.initial
    private var deploymentReason = EndReason.revokedByOperator
    /// The earliest expiry of an entry, so that a trim that can find nothing costs nothing.
    private var nextExpiry: Timestamp?

    private typealias Entry = BlocklistEntry

    /// Below every generation there is: the whole session.
    private static let everyGeneration = UInt32.max

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

    /// Whether it says nothing.
    package var isEmpty: Bool { count == 0 && deployment == .initial }

    /// What this blocklist says of a token.
    package func verdict(on token: TokenFacts) -> Verdict {
        if token.deploymentEpoch < deployment { return .ended }
        if let user = users[token.user], token.userEpoch.number < user.below { return .ended }
        if contains(token.id) { return .ended }
        guard let session = sessions[token.session] else { return .clear }
        if session.below == Self.everyGeneration { return .ended }
        return token.generation.number < session.below ? .superseded : .clear
    }

    /// Whether a session of a user is ended here: by its name, or by an epoch.
    package func contains(_ session: SessionRecord, of user: UserID) -> Bool {
        if session.deploymentEpoch < deployment || contains(session.id) { return true }
        return users[user].map { session.userEpoch.number < $0.below } ?? false
    }

    /// Whether a session as a whole is ended here.
    package func contains(_ session: SessionID) -> Bool { sessions[session]?.below == Self.everyGeneration }

    /// Whether a token is ended here by its `jti`.
    package func contains(_ token: TokenID) -> Bool { !tokens.isEmpty && tokens[token] != nil }

    /// Adds a revocation. Returns whether it said anything new.
    @discardableResult
    package mutating func insert(_ revocation: Revocation) -> Bool {
        if case .everybody(let below) = revocation.fact {
            guard below > deployment else { return false }
            deployment = below
            deploymentReason = revocation.reason
            return true
        }
        nextExpiry = min(nextExpiry ?? revocation.expires, revocation.expires)
        func entry(_ below: UInt32) -> Entry {
            Entry(expires: revocation.expires, below: below, reason: revocation.reason)
        }
        switch revocation.fact {
        case .token(let id): return Self.raise(&tokens[id], to: entry(0))
        case .session(let id): return sessions.raise(id, to: entry(Self.everyGeneration))
        case .generations(let id, let below): return sessions.raise(id, to: entry(below.number))
        case .user(let id, let below): return Self.raise(&users[id], to: entry(below.number))
        case .everybody: return false
        }
    }

    private static func raise(_ held: inout Entry?, to entry: Entry) -> Bool {
        guard let old = held else {
            held = entry
            return true
        }
        guard !old.covers(entry) else { return false }
        held = old.merged(with: entry)
        return true
    }

    /// Makes room for so many sessions more.
    package mutating func reserve(_ more: Int) { sessions.reserve(more) }

    /// The revocations that have not expired at `now`, and that another blocklist does not say, or not all of.
    package func revocations(missingFrom other: Blocklist, at now: Timestamp) -> [Revocation] {
        func missing<Key>(
            _ entries: [Key: Entry], _ others: [Key: Entry], _ fact: (Key, Entry) -> EndedFact
        ) -> [Revocation] {
            entries.compactMap { key, entry in
                guard entry.expires > now, others[key]?.covers(entry) != true else { return nil }
                return Revocation(fact: fact(key, entry), expires: entry.expires, reason: entry.reason)
            }
        }
        var revocations = missing(tokens, other.tokens) { id, _ in .token(id) }
        sessions.forEach { id, entry in
            guard entry.expires > now, other.sessions[id]?.covers(entry) != true else { return }
            let isWhole = entry.below == Self.everyGeneration
            revocations.append(
                Revocation(
                    fact: isWhole ? .session(id) : .generations(id, below: Generation(entry.below)),
                    expires: entry.expires, reason: entry.reason))
        }
        revocations += missing(users, other.users) { id, entry in .user(id, below: Epoch(entry.below)) }
        if deployment > other.deployment {
            let never = Timestamp(milliseconds: .max)
            revocations.append(
                Revocation(fact: .everybody(below: deployment), expires: never, reason: deploymentReason))
        }
        return revocations
    }

    /// Removes what no longer matters. Returns how many entries that was. A raised deployment epoch stays.
    @discardableResult
    package mutating func trim(at now: Timestamp) -> Int {
        guard let nextExpiry, nextExpiry <= now else { return 0 }
        let before = count
        tokens = tokens.filter { $0.value.expires > now }
        let nextOfSessions = sessions.trim(at: now)
        users = users.filter { $0.value.expires > now }
        let earliest = [
            tokens.values.lazy.map(\.expires).min(), nextOfSessions, users.values.lazy.map(\.expires).min(),
        ]
        self.nextExpiry = earliest.compactMap { $0 }.min()
        return before - count
    }
}
