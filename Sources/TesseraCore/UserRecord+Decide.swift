extension UserRecord {
    /// The rules of a user's sessions, in one place: what a command changes in this record, and what the answer is.
    ///
    /// Pure. The reply holds only once a store has written the change; when the store says that the record is stale,
    /// load it again and decide again (design, 3.3).
    package func decide(_ command: Command, policy: SessionPolicy, now: Timestamp) -> Decision {
        var draft = Draft(record: self, policy: policy, now: now)
        let reply = draft.apply(command)
        return draft.decision(reply)
    }
}

/// A record while a command is applied to it, with the edits and revocations that this makes.
private struct Draft {
    private let original: UserRecord
    private var record: UserRecord
    private let policy: SessionPolicy
    private let now: Timestamp
    private var edits: [SessionEdit] = []
    private var revocations: [Revocation] = []
    private var raisedEpoch: UserChange.RaisedEpoch?

    init(record: UserRecord, policy: SessionPolicy, now: Timestamp) {
        self.original = record
        self.record = record
        self.policy = policy
        self.now = now
    }

    func decision(_ reply: Reply) -> Decision {
        guard !edits.isEmpty || !revocations.isEmpty || raisedEpoch != nil else {
            return Decision(change: nil, reply: reply, next: record)
        }
        let change = UserChange(
            user: record.user, expectedEpoch: original.epoch, expectedDeploymentEpoch: record.deployment.epoch,
            raisedEpoch: raisedEpoch, edits: edits, revocations: revocations)
        return Decision(change: change, reply: reply, next: record)
    }

    mutating func apply(_ command: Command) -> Reply {
        switch command {
        case .signIn(let session): return signIn(session)
        case .adopt(let session, let issuedAt): return adopt(session, issuedAt: issuedAt)
        case .rotate(let presented): return present(presented, update: false)
        case .update(let presented): return present(presented, update: true)
        case .end(let id, let evenIfUnknown, let reason, let adoptedUntil):
            return end(id, evenIfUnknown: evenIfUnknown, reason: reason, adoptedUntil: adoptedUntil)
        case .endOthers(let kept, let reason, let refusesOlder):
            if refusesOlder { refuseOlder() }
            return end(record.sessions.filter { $0.id != kept }, reason: reason)
        case .endAll(let reason): return endAll(reason: reason)
        }
    }

    // MARK: Beginning

    private mutating func signIn(_ new: Command.NewSession) -> Reply {
        removeDead()
        if let replaced = new.replacing, let session = record[replaced] { remove(session, reason: .replaced) }
        makeRoom()
        let session = makeSession(new, generation: .first)
        record.sessions.append(session)
        edits.append(.create(session))
        return .started(session)
    }

    private mutating func adopt(_ new: Command.NewSession, issuedAt: Timestamp) -> Reply {
        if let existing = record[new.id] {
            return present(
                Command.Presented(session: existing.id, generation: .adopted, device: new.device), update: false)
        }
        let raisedAt = [record.epochRaisedAt, record.deployment.raisedAt].compactMap { $0 }.max()
        if let raisedAt, issuedAt <= raisedAt { return .refused(.issuedBeforeRevocation) }
        return signIn(new)
    }

    private func makeSession(_ new: Command.NewSession, generation: Generation) -> SessionRecord {
        SessionRecord(
            id: new.id, generation: generation, rotatedAt: now, createdAt: now, authenticatedAt: new.authenticatedAt,
            idleTimeout: policy.idleTimeout, absoluteLimit: now + policy.absoluteTimeout, userEpoch: record.epoch,
            deploymentEpoch: record.deployment.epoch, device: new.device, adoptedUntil: new.adoptedUntil, claims: nil,
            lastUse: SessionRecord.Use(at: now, generation: .adopted))
    }

    /// Ends the oldest sessions until there is room for one more.
    private mutating func makeRoom() {
        let surplus = record.sessions.count - policy.sessionsPerUser + 1
        guard surplus > 0 else { return }
        let oldest = record.sessions.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }.prefix(surplus)
        for session in oldest { remove(session, reason: .tooManySessions) }
    }

    /// Sweeps out what limits and epochs have ended.
    private mutating func removeDead() {
        for session in record.sessions where !record.isAlive(session, at: now) { sweep(session) }
    }

    /// Removes a session that is dead already. Nobody needs to be told, for no token of it is accepted; but an adopted
    /// one must not be adopted again.
    private mutating func sweep(_ session: SessionRecord) {
        remove(session, reason: .expired, publish: session.adoptedUntil != nil)
    }

    // MARK: Presenting

    private mutating func present(_ presented: Command.Presented, update: Bool) -> Reply {
        guard let session = record[presented.session] else { return .refused(.unknown) }
        guard record.isAlive(session, at: now) else {
            let expired = session.isExpired(at: now)
            sweep(session)
            return .refused(expired ? .expired : .unknown)
        }
        if presented.generation >= session.generation {
            return advance(session, from: presented.generation, to: presented.generation.next, update: update)
        }
        let nothingNewerSeen = session.lastUse.generation <= presented.generation
        guard nothingNewerSeen || presented.generation >= session.graceFrom && isInGrace(session) else {
            return refuseReuse(of: session, presented: presented)
        }
        if update { return advance(session, from: presented.generation, to: session.generation.next, update: true) }
        return .sameSuccessor(nothingNewerSeen ? offerAgain(session) : session)
    }

    /// Whether an old generation may be answered though a newer one has been seen in use. So parallel requests agree.
    private func isInGrace(_ session: SessionRecord) -> Bool { now - session.offeredAt <= policy.grace }

    /// Gives out the newest token once more to a holder of an older one, who cannot have received it: a lost response
    /// signs nobody out. His other requests under way have the grace from now on, or half of it at least.
    private mutating func offerAgain(_ session: SessionRecord) -> SessionRecord {
        guard policy.grace > .zero, now - session.offeredAt > policy.grace / 2 else { return session }
        var next = session
        next.offeredAt = now
        replace(session, with: next)
        return next
    }

    private mutating func replace(_ session: SessionRecord, with next: SessionRecord) {
        record.sessions.removeAll { $0.id == session.id }
        record.sessions.append(next)
        edits.append(.replace(session, with: next))
    }

    /// Moves a session to a generation. A presented generation above the record's means that the store lost writes:
    /// the token is authentic, so the record follows it. That is never theft.
    private mutating func advance(
        _ session: SessionRecord, from presented: Generation, to generation: Generation, update: Bool
    ) -> Reply {
        var next = session
        next.generation = generation
        next.rotatedAt = now
        next.offeredAt = now
        // Requests that were sent before the last rotation but one, or before writes were lost, may still be under way.
        if presented <= session.generation, !isInGrace(session) { next.graceFrom = presented }
        next.claims = nil
        next.apply(SessionRecord.Use(at: now, generation: presented))
        replace(session, with: next)
        if update { revoke(.generations(session.id, below: generation), reason: .updated) }
        return .rotated(next, recovered: generation > session.generation.next)
    }

    private mutating func refuseReuse(of session: SessionRecord, presented: Command.Presented) -> Reply {
        let kind = reuseKind(of: session, presented: presented)
        switch policy.onReuse {
        case .revokeUser: _ = endAll(reason: .reuse)
        case .revokeUserOnOtherDevice where kind == .otherDevice: _ = endAll(reason: .reuse)
        case .revokeUserOnOtherDevice, .revokeSession: remove(session, reason: .reuse)
        }
        return .refused(.reuse(kind))
    }

    private func reuseKind(of session: SessionRecord, presented: Command.Presented) -> ReuseKind {
        if !presented.device.isSameKind(as: session.device) { return .otherDevice }
        let isPrevious = presented.generation.next == session.generation
        return isPrevious && now - session.rotatedAt <= policy.grace + policy.freshWindow ? .late : .longPast
    }

    // MARK: Ending

    private mutating func end(_ sessions: [SessionRecord], reason: EndReason) -> Reply {
        for session in sessions { remove(session, reason: reason) }
        return .ended(sessions.map(\.id))
    }

    private mutating func end(
        _ id: SessionID, evenIfUnknown: Bool, reason: EndReason, adoptedUntil: Timestamp?
    ) -> Reply {
        if let session = record[id] { return end([session], reason: reason) }
        guard evenIfUnknown else { return .ended([]) }
        edits.append(.remove(id))
        revoke(.session(id), reason: reason, until: adoptedUntil)
        // Whoever mistyped a name must not be told that a session has ended.
        return .ended([])
    }

    /// Nobody is let in any more by a NextAuth.js token from before this moment that was never presented here. Sessions
    /// that are in the record are not touched.
    private mutating func refuseOlder() {
        record.epochRaisedAt = now
        raisedEpoch = UserChange.RaisedEpoch(epoch: record.epoch, at: now)
    }

    private mutating func endAll(reason: EndReason) -> Reply {
        let ended = record.sessions.filter { record.isAlive($0, at: now) }.map(\.id)
        record.epoch = record.epoch.next
        record.epochRaisedAt = now
        raisedEpoch = UserChange.RaisedEpoch(epoch: record.epoch, at: now)
        revoke(.user(record.user, below: record.epoch), reason: reason)
        for session in record.sessions { remove(session, reason: reason, publish: session.adoptedUntil != nil) }
        return .ended(ended)
    }

    private mutating func remove(_ session: SessionRecord, reason: EndReason, publish: Bool = true) {
        record.sessions.removeAll { $0.id == session.id }
        edits.append(.remove(session.id))
        if publish { revoke(.session(session.id), reason: reason, until: session.adoptedUntil) }
    }

    /// Publishes a fact for as long as a token that it names can be fresh. An adopted session's end must outlive its
    /// NextAuth.js token, which would bring it back otherwise.
    private mutating func revoke(_ fact: EndedFact, reason: EndReason, until adoptedUntil: Timestamp? = nil) {
        let fresh = now + policy.freshWindow + SessionPolicy.clockSkew
        let expires = adoptedUntil.map { max($0 + SessionPolicy.clockSkew, fresh) } ?? fresh
        revocations.append(Revocation(fact: fact, expires: expires, reason: reason))
    }
}
