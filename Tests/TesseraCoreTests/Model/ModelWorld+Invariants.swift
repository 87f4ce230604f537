import TesseraCore

/// A promise that was broken.
struct Violation: Sendable, CustomStringConvertible {
    enum Kind: String, Sendable {
        /// A generation of a session has two contents.
        case fork
        /// A session that had ended was answered for.
        case revived
        /// A token of an ended session was fresh after the blocklist forgot it.
        case deadAccepted
        /// A browser that did nothing wrong was told that its session is over.
        case honestRefused
        /// A session that nobody ended and no limit had reached was removed.
        case killed
        /// A session began twice.
        case startedTwice
        /// A session was used past one of its limits, or there are too many.
        case limit
        /// A change is never taken, however often it is decided anew.
        case stuck
        /// The same input gave two answers.
        case impure
    }

    let kind: Kind
    let details: String
    var place = ""

    var description: String { "\(kind.rawValue) at \(place): \(details)" }
}

extension ModelWorld {
    mutating func report(_ kind: Violation.Kind, _ details: String) {
        if violation == nil { violation = Violation(kind: kind, details: details) }
    }

    // MARK: What was written

    mutating func checkCommit(
        _ change: UserChange, of request: Request, before: ModelStore, knownSince version: Int, at moment: Timestamp
    ) {
        checkRemovals(change, of: request, before: before, at: moment)
        for edit in change.edits {
            switch edit {
            case .create(let session): checkCreation(session, knownSince: version)
            case .replace(let old, let new): checkReplacement(of: old, with: new, before: before, at: moment)
            case .remove(let id): end(id)
            }
        }
        if let raised = change.raisedEpoch {
            epochWasRaised = true
            for (id, life) in lives where life.userEpoch < raised.epoch { end(id) }
        }
        publish(change.revocations)
    }

    /// Only who asks for it ends a session that is alive.
    private mutating func checkRemovals(
        _ change: UserChange, of request: Request, before: ModelStore, at moment: Timestamp
    ) {
        switch request.intent {
        case .signOut, .endOthers, .endAll, .end: return
        case .signIn, .use, .update: break
        }
        let record = before.load()
        for case .remove(let id) in change.edits {
            guard let session = before.sessions[id] else { continue }
            let reasons = change.revocations.filter { $0.fact == .session(id) }.map(\.reason)
            if reasons.contains(.tooManySessions) || reasons.contains(.replaced) { continue }
            let belowEpoch = session.userEpoch < record.epoch || session.deploymentEpoch < record.deployment.epoch
            if moment < limit(of: session), !belowEpoch { report(.killed, "\(session) for \(reasons) at \(moment)") }
        }
    }

    /// The limit as the documents say it, apart from the code's own.
    private func limit(of session: SessionRecord) -> Timestamp {
        let used = max(session.lastUse.at, session.rotatedAt)
        return min(used + policy.idleTimeout, session.createdAt + policy.absoluteTimeout)
    }

    private mutating func checkCreation(_ session: SessionRecord, knownSince version: Int) {
        let parallel = creations.filter { $0 > version }.count
        if store.sessions.count > policy.sessionsPerUser + parallel {
            report(.limit, "\(store.sessions.count) sessions")
        }
        creations.append(store.version)
        if let life = lives[session.id] {
            if life.endedAt != nil { report(.revived, "created again: \(session)") }
            if !life.creationLost { report(.startedTwice, "\(session)") }
            minted[session.id] = [:]
        }
        if let epoch = store.load().epoch as Epoch?, session.userEpoch < epoch {
            report(.revived, "created below the epoch: \(session)")
        }
        lives[session.id] = Life(userEpoch: session.userEpoch, deploymentEpoch: session.deploymentEpoch)
    }

    private mutating func checkReplacement(
        of old: SessionRecord, with new: SessionRecord, before: ModelStore, at moment: Timestamp
    ) {
        if lives[new.id]?.endedAt != nil { report(.revived, "written again: \(new)") }
        guard let present = before.sessions[new.id] else {
            return report(.revived, "written though it was not there: \(new)")
        }
        if moment >= limit(of: present) { report(.limit, "rotated past its limit: \(present) at \(moment)") }
        if new.generation < present.generation { report(.fork, "\(present.generation) became \(new.generation)") }
        if new.generation == present.generation, !new.isSameToken(as: present) {
            report(.fork, "another content: \(new)")
        }
    }

    // MARK: What was answered

    /// Checks an answer that holds as of a version of the store.
    mutating func checkAnswer(_ reply: Reply, to request: Request, knownSince version: Int, at moment: Timestamp) {
        switch reply {
        case .started(let session), .sameSuccessor(let session), .rotated(let session, recovered: _):
            if let ended = lives[session.id]?.endedAt, ended <= version { report(.revived, "\(reply)") }
            if moment >= limit(of: session) { report(.limit, "\(reply) at \(moment)") }
            checkMinting(session)
        case .refused(let refusal): checkRefusal(refusal, of: request)
        case .ended: return
        }
    }

    /// Everybody who gets a generation of a session gets the same.
    private mutating func checkMinting(_ session: SessionRecord) {
        if let first = minted[session.id]?[session.generation], !first.isSameToken(as: session) {
            report(.fork, "\(first) and \(session)")
        }
        minted[session.id, default: [:]][session.generation] = session
    }

    private mutating func checkRefusal(_ refusal: Refusal, of request: Request) {
        guard let id = request.presented?.session else { return }
        let life = lives[id]
        let details = "\(refusal) for \(request.intent) with \(id)"
        switch refusal {
        case .reuse: report(.honestRefused, details)
        case .issuedBeforeRevocation:
            if !epochWasRaised { report(.honestRefused, details) }
        case .unknown:
            if life?.endedAt == nil, life?.creationLost != true { report(.honestRefused, details) }
        case .expired:
            if life?.endedAt == nil, life?.creationLost != true { report(.honestRefused, details) }
            // Marks are written within a minute or so.
            let idle = now - clients[request.client].lastUse
            let isOld = store.sessions[id] == nil && now - .start > policy.absoluteTimeout - .minutes(2)
            if clients[request.client].jar == request.presented, idle < policy.idleTimeout - .minutes(2), !isOld {
                report(.honestRefused, "\(details) after \(idle)")
            }
        }
    }
}
