import TesseraCore

/// A store for one user, in a value: what the port of a session store promises, and nothing else.
///
/// It can be made to forget its last writes, as a failover does, and to leave out one of its protections, so that tests
/// can show that the protection is needed.
struct ModelStore {
    /// A protection that is left out.
    enum Weakness: String, CaseIterable, Sendable {
        /// A replaced session need not be as it was read.
        case replacesWithoutComparing
        /// A replaced session need not be there.
        case upserts
        /// Epochs need not be as they were read.
        case ignoresEpochs
        /// A session on the blocklist may be created again.
        case createsWhatEnded
        /// After a failover the nodes do not write back what they know.
        case withoutUnion
        /// Nodes take any answer from their own copies, not only a rotation.
        case answersFromCopies
    }

    private struct State {
        var epoch = Epoch.initial
        var epochRaisedAt: Timestamp?
        var deployment = UserRecord.Deployment.initial
        var sessions: [SessionID: SessionRecord] = [:]
        var blocklist = Blocklist()
    }

    enum Outcome { case committed, stale, sessionEnded }

    let weakness: Weakness?
    private var state = State()
    private var past: [(state: State, until: Timestamp)] = []
    /// Counts the writes, so that one can say what came first.
    private(set) var version = 0

    init(weakness: Weakness? = nil) { self.weakness = weakness }

    var sessions: [SessionID: SessionRecord] { state.sessions }
    var blocklist: Blocklist { state.blocklist }

    func load() -> UserRecord {
        UserRecord(
            user: .alice, epoch: state.epoch, epochRaisedAt: state.epochRaisedAt, deployment: state.deployment,
            sessions: state.sessions.values.sorted { $0.id < $1.id })
    }

    mutating func commit(_ change: UserChange, at now: Timestamp) -> Outcome {
        if weakness != .ignoresEpochs {
            guard change.expectedEpoch == state.epoch, change.expectedDeploymentEpoch == state.deployment.epoch else {
                return .stale
            }
        }
        for edit in change.edits {
            switch edit {
            case .create(let session):
                guard state.sessions[session.id] == nil else { return .stale }
                if state.blocklist.contains(session.id), weakness != .createsWhatEnded { return .sessionEnded }
            case .replace(let old, with: _):
                guard let present = state.sessions[old.id] else {
                    guard weakness == .upserts else { return .stale }
                    continue
                }
                guard present.matches(old) || weakness == .replacesWithoutComparing else { return .stale }
            case .remove: continue
            }
        }
        write(change, at: now)
        return .committed
    }

    private mutating func write(_ change: UserChange, at now: Timestamp) {
        remember(at: now)
        if let raised = change.raisedEpoch { (state.epoch, state.epochRaisedAt) = (raised.epoch, raised.at) }
        for edit in change.edits {
            switch edit {
            case .create(let session): state.sessions[session.id] = session
            case .replace(let old, with: var new):
                if let present = state.sessions[old.id] { new.apply(present.lastUse) }
                state.sessions[old.id] = new
            case .remove(let id): state.sessions[id] = nil
            }
        }
        state.blocklist.trim(at: now)
        for revocation in change.revocations { state.blocklist.insert(revocation) }
    }

    mutating func mark(_ mark: Mark, at now: Timestamp) {
        guard state.sessions[mark.session] != nil else { return }
        remember(at: now)
        state.sessions[mark.session]?.apply(mark.use)
    }

    /// Ends everybody's sessions. Returns what is published.
    mutating func revokeEverybody(at now: Timestamp) -> [Revocation] {
        remember(at: now)
        state.deployment = UserRecord.Deployment(epoch: state.deployment.epoch.next, raisedAt: now)
        let adopted = state.sessions.values.compactMap { session in
            session.adoptedUntil.map {
                Revocation(
                    fact: .session(session.id), expires: $0 + SessionPolicy.clockSkew, reason: .revokedByOperator)
            }
        }
        let everybody = Revocation(
            fact: .everybody(below: state.deployment.epoch), expires: now, reason: .revokedByOperator)
        state.sessions = [:]
        for revocation in adopted + [everybody] { state.blocklist.insert(revocation) }
        return adopted + [everybody]
    }

    private mutating func remember(at now: Timestamp) {
        version += 1
        past.append((state, now))
        if past.count > 6 { past.removeFirst() }
    }

    /// Forgets up to so many of the writes of the last minute, then takes over what the nodes know.
    mutating func failOver(losing count: Int, knownToNodes revocations: [Revocation], at now: Timestamp) {
        for _ in 0..<count {
            guard let last = past.last, now - last.until <= .seconds(60) else { break }
            state = last.state
            past.removeLast()
        }
        past = []
        version += 1
        guard weakness != .withoutUnion else { return }
        for revocation in revocations where revocation.expires > now || revocation.isForEverybody {
            state.blocklist.insert(revocation)
            switch revocation.fact {
            case .session(let id): state.sessions[id] = nil
            case .user(_, let below) where below > state.epoch: (state.epoch, state.epochRaisedAt) = (below, now)
            case .everybody(let below) where below > state.deployment.epoch:
                state.deployment = UserRecord.Deployment(epoch: below, raisedAt: now)
            case .user, .everybody, .token, .generations: continue
            }
        }
    }
}

extension Revocation {
    fileprivate var isForEverybody: Bool {
        if case .everybody = fact { true } else { false }
    }
}
