import TesseraCore
import TesseraRuntime

/// What an in-memory store holds, and the port's semantics on it. A second writing of them, on purpose: where it and
/// the real stores differ, the contract suite says so.
struct MemoryTables: Sendable {
    private var users: [Key: User] = [:]
    /// The owner of every session there is.
    private var owners: [SessionID: UserID] = [:]
    private(set) var deployment = UserRecord.Deployment.initial
    private var deploymentReason: EndReason?
    private var blocklist: [Subject: Entry] = [:]

    /// A user's name, byte by byte: `String` takes some texts of different bytes for the same.
    private struct Key: Hashable {
        let bytes: [UInt8]

        init(_ user: UserID) { bytes = Array(user.text.utf8) }
    }

    private struct User {
        var epoch = Epoch.initial
        var raisedAt: Timestamp?
        var sessions: [SessionID: SessionRecord] = [:]
    }

    private enum Subject: Hashable {
        case token(TokenID)
        case session(SessionID)
        case user(Key)
    }

    private struct Entry {
        var fact: EndedFact
        /// The generation or epoch below which the fact ends tokens; the highest for a whole session.
        var width: UInt32
        var expires: Timestamp
        var reason: EndReason
    }

    // MARK: Reading

    func load(_ user: UserID) -> UserRecord {
        let held = users[Key(user)] ?? User()
        return UserRecord(
            user: user, epoch: held.epoch, epochRaisedAt: held.raisedAt, deployment: deployment,
            sessions: Array(held.sessions.values))
    }

    func owner(of session: SessionID) -> UserID? { owners[session] }

    func isBlocked(_ token: TokenID) -> Bool { blocklist[.token(token)] != nil }

    func revocations(at now: Timestamp) -> [Revocation] {
        var result = blocklist.values.filter { $0.expires > now }.map {
            Revocation(fact: $0.fact, expires: $0.expires, reason: $0.reason)
        }
        if let deploymentReason {
            let never = Timestamp(milliseconds: .max)
            result.append(
                Revocation(fact: .everybody(below: deployment.epoch), expires: never, reason: deploymentReason))
        }
        return result
    }

    // MARK: Changing

    mutating func commit(_ change: UserChange, durability: Durability, now: Timestamp) -> CommitOutcome {
        let user = users[Key(change.user)] ?? User()
        guard user.epoch == change.expectedEpoch, deployment.epoch == change.expectedDeploymentEpoch,
            change.edits.allSatisfy({ isCurrent($0, in: user) })
        else { return .stale }
        for case .create(let session) in change.edits where isEnded(session.id) { return .sessionEnded(session.id) }
        if let raised = change.raisedEpoch { raiseEpoch(of: change.user, to: raised.epoch, at: raised.at) }
        for edit in change.edits { apply(edit, of: change.user) }
        for revocation in change.revocations { block(revocation, now: now) }
        return .committed(durability)
    }

    private func isCurrent(_ edit: SessionEdit, in user: User) -> Bool {
        switch edit {
        case .create(let session): owners[session.id] == nil
        case .replace(let session, with: _): user.sessions[session.id]?.matches(session) == true
        case .remove: true
        }
    }

    private func isEnded(_ session: SessionID) -> Bool { blocklist[.session(session)]?.width == .max }

    private mutating func apply(_ edit: SessionEdit, of user: UserID) {
        let key = Key(user)
        switch edit {
        case .create(let session):
            users[key, default: User()].sessions[session.id] = session
            owners[session.id] = user
        case .replace(let old, with: let new):
            guard let held = users[key]?.sessions[old.id] else { return }
            var next = new
            next.apply(held.lastUse)
            users[key]?.sessions[old.id] = next
        case .remove(let id):
            if users[key]?.sessions.removeValue(forKey: id) != nil { owners[id] = nil }
        }
    }

    mutating func mark(_ mark: Mark) -> Bool {
        let key = Key(mark.user)
        guard let user = users[key], let session = user.sessions[mark.session], session.userEpoch >= user.epoch,
            session.deploymentEpoch >= deployment.epoch
        else { return false }
        users[key]?.sessions[mark.session]?.apply(mark.use)
        return true
    }

    private mutating func raiseEpoch(of user: UserID, to epoch: Epoch, at moment: Timestamp) {
        var held = users[Key(user)] ?? User()
        held.epoch = max(held.epoch, epoch)
        held.raisedAt = max(held.raisedAt ?? moment, moment)
        users[Key(user)] = held
    }

    private mutating func raiseDeployment(to epoch: Epoch, at moment: Timestamp, reason: EndReason) {
        deployment = UserRecord.Deployment(epoch: epoch, raisedAt: max(deployment.raisedAt ?? moment, moment))
        deploymentReason = reason
    }

    // MARK: Ending

    mutating func revokeEverybody(at now: Timestamp, reason: EndReason) -> UserRecord.Deployment {
        raiseEverybody(to: deployment.epoch.next, at: now, reason: reason)
        return deployment
    }

    /// Raises the deployment's epoch to at least this one, and removes everybody's sessions.
    mutating func raiseEverybody(to epoch: Epoch, at now: Timestamp, reason: EndReason) {
        guard epoch > deployment.epoch else { return }
        raiseDeployment(to: epoch, at: now, reason: reason)
        for (id, owner) in owners {
            guard let session = users[Key(owner)]?.sessions[id] else { continue }
            remove(session, of: owner, at: now, reason: reason)
        }
    }

    /// Removes a session; an adopted one's end is remembered until its NextAuth.js token expires.
    private mutating func remove(_ session: SessionRecord, of user: UserID, at now: Timestamp, reason: EndReason) {
        apply(.remove(session.id), of: user)
        guard let until = session.adoptedUntil.map({ $0 + SessionPolicy.clockSkew }), until > now else { return }
        block(Revocation(fact: .session(session.id), expires: until, reason: reason), now: now)
    }

    mutating func block(_ revocation: Revocation, now: Timestamp) {
        let raisedAt = revocation.expires == .distantFuture ? now : revocation.expires
        switch revocation.fact {
        case .token(let id):
            enter(.token(id), width: 0, revocation)
        case .generations(let id, let below):
            enter(.session(id), width: below.number, revocation)
        case .session(let id):
            enter(.session(id), width: .max, revocation)
            if let owner = owners[id] { apply(.remove(id), of: owner) }
        case .user(let user, let below):
            enter(.user(Key(user)), width: below.number, revocation)
            if load(user).epoch < below { raiseEpoch(of: user, to: below, at: raisedAt) }
        case .everybody(let below):
            guard deployment.epoch < below else { return }
            raiseDeployment(to: below, at: raisedAt, reason: revocation.reason)
        }
    }

    private mutating func enter(_ subject: Subject, width: UInt32, _ revocation: Revocation) {
        guard var entry = blocklist[subject] else {
            blocklist[subject] = Entry(
                fact: revocation.fact, width: width, expires: revocation.expires, reason: revocation.reason)
            return
        }
        if width > entry.width {
            entry.fact = revocation.fact
            entry.width = width
            entry.reason = revocation.reason
        }
        entry.expires = max(entry.expires, revocation.expires)
        blocklist[subject] = entry
    }

    mutating func sweep(at now: Timestamp) -> SweepResult {
        var sessions = 0
        for (id, owner) in owners {
            guard let session = users[Key(owner)]?.sessions[id], session.isExpired(at: now) else { continue }
            remove(session, of: owner, at: now, reason: .expired)
            sessions += 1
        }
        let entries = blocklist.count
        blocklist = blocklist.filter { $0.value.expires > now }
        let forgotten = now - .days(400)
        users = users.filter { key, user in
            if !user.sessions.isEmpty || blocklist[.user(key)] != nil { return true }
            return user.raisedAt.map { $0 > forgotten } ?? false
        }
        return SweepResult(sessions: sessions, revocations: entries - blocklist.count)
    }
}
