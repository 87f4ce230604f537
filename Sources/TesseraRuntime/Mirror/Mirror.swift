import Synchronization
package import TesseraCore

/// A node's own in-memory copy of the blocklist, shard by shard.
///
/// Read on every request, without waiting for anybody but the holder of a short lock of one shard. It says `unknown`
/// until somebody has vouched that the shard is complete, and again when that has run out: then the store has to be
/// asked.
package final class Mirror: Sendable {
    /// How users are spread over shards.
    package let shards: Shards
    /// Who is told what is new here.
    package let watchers: SessionWatchers
    private let limits: MirrorLimits
    private let parts: [Part]
    private let doubtful = Mutex(Doubts())
    private let hasDoubts = Atomic<Bool>(false)

    private final class Part: Sendable {
        let state = Mutex(State())
    }

    private struct State {
        var blocklist = Blocklist()
        var trust = Trust.never
        /// Whether the store answers for it, though nobody has vouched yet.
        var isLeftToStore = false
    }

    private enum Trust {
        /// Nobody has vouched for it.
        case never
        /// It was complete at this moment: the watermark.
        case complete(ClockReading)
        /// It is complete, always.
        case always

        func holds(at now: ClockReading, within limit: Duration) -> Bool {
            switch self {
            case .never: false
            case .complete(let watermark): now.elapsed(since: watermark) <= limit
            case .always: true
            }
        }
    }

    package init(
        shards: Shards = .single, limits: MirrorLimits = MirrorLimits(),
        watchers: SessionWatchers = SessionWatchers(limit: 10_000)
    ) {
        self.shards = shards
        self.watchers = watchers
        self.limits = limits
        self.parts = shards.all.map { _ in Part() }
    }

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
    package func verdict(on token: TokenFacts, at now: ClockReading) -> Verdict {
        verdict(on: token, at: now, within: limits.maxStaleness)
    }

    /// The same while the store cannot be asked, with the extra time that an operator has granted for that.
    package func verdictWithoutStore(on token: TokenFacts, at now: ClockReading) -> Verdict {
        verdict(on: token, at: now, within: limits.bound)
    }

    private func verdict(on token: TokenFacts, at now: ClockReading, within limit: Duration) -> Verdict {
        let home = shards.shard(of: token.user)
        let (said, isTrusted) = parts[home].state.withLock { state in
            (state.blocklist.verdict(on: token), state.trust.holds(at: now, within: limit))
        }
        if said == .ended { return .ended }
        // The token may be blocked by its name alone, which belongs to a shard of its own.
        let other = shards.count == 1 ? home : shards.shard(of: .token(token.id)) ?? home
        var isOtherTrusted = true
        if other != home {
            let isEnded: Bool
            (isEnded, isOtherTrusted) = parts[other].state.withLock { state in
                (state.blocklist.contains(token.id), state.trust.holds(at: now, within: limit))
            }
            if isEnded { return .ended }
        }
        if said == .superseded { return .superseded }
        guard isTrusted, isOtherTrusted, !isDoubted(token.user) else { return .unknown }
        return .clear
    }

    /// Whether a session of a user is known to be ended, by its name or by an epoch.
    package func isEnded(_ session: SessionRecord, of user: UserID) -> Bool {
        parts[shards.shard(of: user)].state.withLock { $0.blocklist.contains(session, of: user) }
    }

    /// Whether a session is known to be ended; where its user is not known.
    package func isEnded(_ session: SessionID) -> Bool {
        parts[shards.shard(of: session)].state.withLock { $0.blocklist.contains(session) }
    }

    /// Whether a token is known to be ended by its `jti`.
    package func isEnded(_ token: TokenID) -> Bool {
        parts[shards.shard(of: .token(token)) ?? 0].state.withLock { $0.blocklist.contains(token) }
    }

    /// Whether it is vouched that no token of this name is blocked, but for what is known here.
    package func vouches(for token: TokenID, at now: ClockReading) -> Bool {
        if hasDoubts.load(ordering: .acquiring), doubtful.withLock({ $0.isOfEverybody }) { return false }
        return parts[shards.shard(of: .token(token)) ?? 0].state.withLock {
            $0.trust.holds(at: now, within: limits.maxStaleness)
        }
    }

    // MARK: Filling

    /// Takes over revocations of a user; more never hurt.
    package func insert(_ revocations: some Sequence<Revocation>, of user: UserID) {
        for revocation in revocations {
            switch revocation.fact {
            case .session, .generations, .user: insert([revocation], shard: shards.shard(of: user))
            case .token, .everybody: insert([revocation])
            }
        }
    }

    /// Takes over revocations, each where it belongs; more never hurt.
    package func insert(_ revocations: some Sequence<Revocation>) {
        for revocation in revocations {
            if let shard = shards.shard(of: revocation.fact) {
                insert([revocation], shard: shard)
            } else {
                for shard in shards.all { insert([revocation], shard: shard) }
            }
        }
    }

    /// Takes over what was published in a shard, or read from it. Returns what was new.
    @discardableResult
    package func insert(_ revocations: some Sequence<Revocation>, shard: Int) -> [Revocation] {
        let new = parts[shard].state.withLock { state in
            state.blocklist.reserve(revocations.underestimatedCount)
            return revocations.filter { state.blocklist.insert($0) }
        }
        watchers.tell(new)
        return new
    }

    /// What a shard's mirror knows, and a reading of its blocklist does not say.
    package func revocations(missingFrom reading: [Revocation], shard: Int, at now: Timestamp) -> [Revocation] {
        let ours = parts[shard].state.withLock { $0.blocklist }
        // Who has just started knows nothing, and need not look through millions.
        if ours.isEmpty { return [] }
        var theirs = Blocklist()
        theirs.reserve(reading.count)
        for revocation in reading { theirs.insert(revocation) }
        return ours.revocations(missingFrom: theirs, at: now)
    }

    /// Drops entries that no longer matter.
    package func trim(at now: Timestamp) {
        for part in parts { part.state.withLock { _ = $0.blocklist.trim(at: now) } }
    }

    /// The number of entries.
    package var count: Int { parts.reduce(0) { sum, part in sum + part.state.withLock { $0.blocklist.count } } }

    // MARK: Trust

    /// Vouches that every revocation has been inserted, and always will be: for the only node of a store. What was
    /// doubted after the first `doubts` doubts stays so.
    package func trustAlways(afterDoubts doubts: Int = 0) {
        for part in parts { part.state.withLock { $0.trust = .always } }
        settleDoubts(upTo: doubts)
    }

    /// Vouches that every revocation in these shards that was acknowledged before the watermark has been inserted.
    package func trust(_ shards: some Sequence<Int>, asOf watermark: ClockReading) {
        for shard in shards {
            parts[shard].state.withLock { state in
                if case .complete(let held) = state.trust, held.steady >= watermark.steady { return }
                state.trust = .complete(watermark)
                state.isLeftToStore = false
            }
        }
    }

    /// Nobody vouches for these shards yet, but the store can be asked.
    package func leaveToStore(_ shards: some Sequence<Int>) {
        for shard in shards { parts[shard].state.withLock { $0.isLeftToStore = true } }
    }

    /// Whether this node can serve: in every shard it is vouched for the mirror, or the store answers instead of it.
    package func isServing(at now: ClockReading) -> Bool {
        if hasDoubts.load(ordering: .acquiring), doubtful.withLock({ $0.isOfEverybody }) { return false }
        return parts.allSatisfy { part in
            part.state.withLock { $0.isLeftToStore || $0.trust.holds(at: now, within: limits.maxStaleness) }
        }
    }

    /// Whether it is vouched that this mirror is complete, in all shards.
    package func isTrusted(at now: ClockReading) -> Bool {
        if hasDoubts.load(ordering: .acquiring), doubtful.withLock({ $0.isOfEverybody }) { return false }
        return parts.allSatisfy { part in
            part.state.withLock { $0.trust.holds(at: now, within: limits.maxStaleness) }
        }
    }

    /// Whether there is nothing that it does not vouch for.
    package func isWhole(at now: ClockReading) -> Bool { !hasDoubts.load(ordering: .acquiring) && isTrusted(at: now) }

    /// How far the oldest shard's watermark lies back; zero where there are no watermarks, `nil` before there are.
    package func watermarkAge(at now: ClockReading) -> Duration? {
        var oldest = Duration.zero
        for part in parts {
            switch part.state.withLock({ $0.trust }) {
            case .never: return nil
            case .complete(let watermark): oldest = max(oldest, now.elapsed(since: watermark))
            case .always: break
            }
        }
        return oldest
    }
}

extension Mirror {
    /// The store may hold a revocation that is not here, because its answer was lost: the mirror no longer vouches for
    /// a user, or with `nil` for anybody.
    package func doubt(_ user: UserID?) {
        doubtful.withLock { doubts in
            doubts.add(user)
            hasDoubts.store(true, ordering: .releasing)
        }
    }

    /// How often there has been a doubt.
    package var doubts: Int { doubtful.withLock { $0.count } }

    /// The first `count` doubts are settled: what the store had done then has been inserted.
    package func settleDoubts(upTo count: Int) {
        guard hasDoubts.load(ordering: .acquiring) else { return }
        doubtful.withLock { doubts in
            doubts.settle(upTo: count)
            hasDoubts.store(!doubts.isEmpty, ordering: .releasing)
        }
    }

    private func isDoubted(_ user: UserID) -> Bool {
        hasDoubts.load(ordering: .acquiring) && doubtful.withLock { $0.contains(user) }
    }
}

/// Of whom the store may know more than a mirror.
private struct Doubts: Sendable {
    /// Of how many users there may be a doubt before there is one of everybody.
    private static let limit = 10_000

    /// How often there has been a doubt.
    private(set) var count = 0
    /// The doubted users, with the number of the doubt.
    private var users: [UserID: Int] = [:]
    /// The number of the last doubt that was of everybody.
    private var ofEverybody = 0

    var isOfEverybody: Bool { ofEverybody > 0 }
    var isEmpty: Bool { users.isEmpty && !isOfEverybody }

    func contains(_ user: UserID) -> Bool { isOfEverybody || users[user] != nil }

    mutating func add(_ user: UserID?) {
        count += 1
        if let user, users.count < Self.limit { users[user] = count } else { ofEverybody = count }
    }

    mutating func settle(upTo number: Int) {
        users = users.filter { $0.value > number }
        if ofEverybody <= number { ofEverybody = 0 }
    }
}

/// How long a mirror may be used after its watermark.
package struct MirrorLimits: Sendable, Hashable {
    /// Afterwards the store is asked.
    package var maxStaleness: Duration
    /// For how long afterwards the mirror still counts where the store cannot be asked: availability, bought with a
    /// longer bound.
    package var extraTrust: Duration

    package init(maxStaleness: Duration = .seconds(2), extraTrust: Duration = .zero) {
        self.maxStaleness = maxStaleness
        self.extraTrust = extraTrust
    }

    /// How long after its watermark a mirror is trusted at most.
    package var bound: Duration { maxStaleness + extraTrust }
}

extension Timestamp {
    /// For what never expires.
    package static let distantFuture = Timestamp(milliseconds: .max)
}
