/// What can be asked of a user's record. The rules are `UserRecord.decide`.
package enum Command: Sendable, Hashable {
    /// Make a session for somebody who has just proved who he is.
    case signIn(NewSession)
    /// Make a session for a NextAuth.js token, unless that was done before; then as `rotate` with generation 0.
    case adopt(NewSession, issuedAt: Timestamp)
    /// A token that is no longer fresh was presented.
    case rotate(Presented)
    /// The session's claims are to change: like `rotate`, but the current generation makes way in any case.
    case update(Presented)
    /// End one session. `evenIfUnknown` also ends one that the record does not hold (a store may have lost it): only
    /// for a caller who has shown that it is this user's, with its token or with the operator's key. `adoptedUntil` is
    /// when the NextAuth.js token expires that would make it again; only what the record does not hold needs it.
    case end(SessionID, evenIfUnknown: Bool, reason: EndReason, adoptedUntil: Timestamp? = nil)
    /// End all sessions but one; `refusingOlder` also keeps out NextAuth.js tokens from before that were never adopted.
    case endOthers(keeping: SessionID, reason: EndReason, refusingOlder: Bool = false)
    /// End all sessions, known here or not, by raising the user's epoch.
    case endAll(reason: EndReason)

    /// A session to be made.
    package struct NewSession: Sendable, Hashable {
        package let id: SessionID
        package let authenticatedAt: Timestamp
        package let device: Device
        /// When the NextAuth.js token that is adopted expires.
        package let adoptedUntil: Timestamp?
        /// A session of the same user that the new one takes the place of.
        package let replacing: SessionID?

        package init(
            id: SessionID, authenticatedAt: Timestamp, device: Device, adoptedUntil: Timestamp? = nil,
            replacing: SessionID? = nil
        ) {
            self.id = id
            self.authenticatedAt = authenticatedAt
            self.device = device
            self.adoptedUntil = adoptedUntil
            self.replacing = replacing
        }
    }

    /// A token as it was presented.
    package struct Presented: Sendable, Hashable {
        package let session: SessionID
        package let generation: Generation
        /// Where it came from now; only compared with where the session began, when the token is reused.
        package let device: Device

        package init(session: SessionID, generation: Generation, device: Device) {
            self.session = session
            self.generation = generation
            self.device = device
        }
    }
}

extension Command {
    /// Whether it only ends sessions: makes no token, and is right whatever else happens at the same time.
    package var endsOnly: Bool {
        switch self {
        case .end, .endOthers, .endAll: true
        case .signIn, .adopt, .rotate, .update: false
        }
    }
}

/// What `decide` answers: what to write, on which condition, and what to say once it is written.
package struct Decision: Sendable, Hashable {
    /// What a store has to write first; `nil` when nothing changes.
    package var change: UserChange?
    package var reply: Reply
    /// The record once the change is written.
    package var next: UserRecord

    package init(change: UserChange?, reply: Reply, next: UserRecord) {
        self.change = change
        self.reply = reply
        self.next = next
    }
}

/// The answer to a command.
package enum Reply: Sendable, Hashable {
    /// A session began; mint its first generation.
    case started(SessionRecord)
    /// Mint this generation; `recovered` when the store had lost writes and the record moved forward to the token.
    case rotated(SessionRecord, recovered: Bool)
    /// Nothing changed: mint the generation that this record says, again.
    case sameSuccessor(SessionRecord)
    /// The token does not let in.
    case refused(Refusal)
    /// These sessions ended; possibly none. One that the record does not hold is blocked at the most, and not listed.
    case ended([SessionID])
}

/// Why a token does not let in.
package enum Refusal: Sendable, Hashable {
    /// There is no such session, or no longer.
    case unknown
    /// The session had reached its idle or absolute limit.
    case expired
    /// An old generation came back: the session, or the user, was revoked.
    case reuse(ReuseKind)
    /// A NextAuth.js token that was issued before its user, or everybody, was last revoked.
    case issuedBeforeRevocation
}

/// How an old generation came back.
public enum ReuseKind: String, Sendable, Hashable, CaseIterable {
    /// The generation before the current one, not much later than the grace: perhaps a very slow request.
    case late
    /// Longer ago than that.
    case longPast = "long_past"
    /// From another device than the one that the session began on.
    case otherDevice = "other_device"
}

/// A change of a user's record, on the condition that what was read is unchanged.
package struct UserChange: Sendable, Hashable {
    package let user: UserID
    /// The epochs that were read. Both must be unchanged.
    package let expectedEpoch: Epoch
    package let expectedDeploymentEpoch: Epoch
    /// Set when the change raises the user's epoch.
    package var raisedEpoch: RaisedEpoch?
    package var edits: [SessionEdit]
    package var revocations: [Revocation]
    /// What other systems are to be told of it; goes into the outbox in the same step.
    package var messages: [OutboxMessage]

    package struct RaisedEpoch: Sendable, Hashable {
        package let epoch: Epoch
        package let at: Timestamp

        package init(epoch: Epoch, at: Timestamp) {
            self.epoch = epoch
            self.at = at
        }
    }

    package init(
        user: UserID, expectedEpoch: Epoch, expectedDeploymentEpoch: Epoch, raisedEpoch: RaisedEpoch? = nil,
        edits: [SessionEdit] = [], revocations: [Revocation] = [], messages: [OutboxMessage] = []
    ) {
        self.user = user
        self.expectedEpoch = expectedEpoch
        self.expectedDeploymentEpoch = expectedDeploymentEpoch
        self.raisedEpoch = raisedEpoch
        self.edits = edits
        self.revocations = revocations
        self.messages = messages
    }
}

/// What happens to one session in a change.
package enum SessionEdit: Sendable, Hashable {
    /// The session must not be there, and must not be on the blocklist: nothing dead comes back.
    case create(SessionRecord)
    /// The session must be as it was read (`SessionRecord.matches`); its last use is kept and only moves forward.
    case replace(SessionRecord, with: SessionRecord)
    /// The session is removed, if it is there. Ending needs no condition: it is never wrong twice.
    case remove(SessionID)

    package var session: SessionID {
        switch self {
        case .create(let session): session.id
        case .replace(let session, with: _): session.id
        case .remove(let id): id
        }
    }
}

extension Decision {
    /// Gives the session that this decision makes, or moves on, its claims to keep.
    package mutating func setClaims(_ claims: [UInt8], of id: SessionID) {
        switch reply {
        case .started, .rotated: break
        case .sameSuccessor, .refused, .ended: return
        }
        guard var session = next[id] else { return }
        session.claims = claims
        next.sessions.removeAll { $0.id == id }
        next.sessions.append(session)
        switch reply {
        case .started: reply = .started(session)
        case .rotated(_, let recovered): reply = .rotated(session, recovered: recovered)
        case .sameSuccessor, .refused, .ended: return
        }
        let edits = change?.edits ?? []
        change?.edits = edits.map { edit in
            switch edit {
            case .create(let created) where created.id == id: .create(session)
            case .replace(let old, with: _) where old.id == id: .replace(old, with: session)
            case .create, .replace, .remove: edit
            }
        }
    }
}
