import TesseraCore

/// A request's way through a node, one step at a time.
extension ModelWorld {
    mutating func advanceRequest(at index: Int) {
        let request = requests[index]
        switch request.stage {
        case .arriving(let mayUseCopy): read(request, at: index, mayUseCopy: mayUseCopy)
        case .read(let record, let version, let isCopy):
            decide(request, at: index, record, version: version, isCopy: isCopy)
        case .decided(let decision, let version, let moment):
            commit(request, at: index, decision, version: version, decidedAt: moment)
        case .answered(let reply):
            requests.remove(at: index)
            if !random.chance(20) { deliver(reply, to: request) }
        }
    }

    private mutating func read(_ request: Request, at index: Int, mayUseCopy: Bool) {
        if mayUseCopy, let copy = copies[request.node], random.chance(70) {
            requests[index].stage = .read(copy.record, version: copy.version, isCopy: true)
        } else {
            let record = store.load()
            copies[request.node] = (record, store.version)
            requests[index].stage = .read(record, version: store.version, isCopy: false)
        }
    }

    private mutating func decide(_ request: Request, at index: Int, _ record: UserRecord, version: Int, isCopy: Bool) {
        let (moment, command) = (nodeTime(request.node), command(of: request))
        let decision = record.decide(command, policy: policy, now: moment)
        if random.chance(5), record.decide(command, policy: policy, now: moment) != decision {
            report(.impure, "\(command)")
        }
        // A copy may be old. A rotation is proved by the comparison at its commit; every other answer has to be read anew.
        if isCopy, !decision.reply.isRotated, setting.weakness != .answersFromCopies {
            requests[index].stage = .arriving(mayUseCopy: false)
            return
        }
        requests[index].stage = .decided(decision, version: version, at: moment)
    }

    private mutating func command(of request: Request) -> Command {
        switch request.intent {
        case .signIn(let id):
            return .signIn(
                Command.NewSession(
                    id: id, authenticatedAt: request.startedAt, device: .laptop, replacing: request.presented?.session))
        case .signOut:
            guard let presented = request.presented else { return .endAll(reason: .signedOut) }
            return .end(
                presented.session, evenIfUnknown: lives[presented.session] != nil, reason: .signedOut,
                adoptedUntil: presented.session < .numbered(100) ? Self.nextAuthExpiry : nil)
        case .endOthers: return .endOthers(keeping: request.presented?.session ?? .numbered(0), reason: .revokedByUser)
        case .endAll: return .endAll(reason: .signedOutEverywhere)
        case .end(let id): return .end(id, evenIfUnknown: false, reason: .revokedByOperator)
        case .use, .update: return presentation(of: request)
        }
    }

    private func presentation(of request: Request) -> Command {
        switch request.presented {
        case .own(let token):
            let presented = Command.Presented(session: token.session, generation: token.generation, device: .laptop)
            return request.intent == .update ? .update(presented) : .rotate(presented)
        case .nextAuth(let id):
            let new = Command.NewSession(
                id: id, authenticatedAt: Self.nextAuthIssuedAt, device: .laptop, adoptedUntil: Self.nextAuthExpiry)
            return .adopt(new, issuedAt: Self.nextAuthIssuedAt)
        case nil: return .end(.numbered(0), evenIfUnknown: false, reason: .signedOut)
        }
    }

    private mutating func commit(
        _ request: Request, at index: Int, _ decision: Decision, version: Int, decidedAt moment: Timestamp
    ) {
        guard let change = decision.change else {
            checkAnswer(decision.reply, to: request, knownSince: version, at: moment)
            markUse(decision.reply, by: request, at: moment)
            requests[index].stage = .answered(decision.reply)
            return
        }
        let before = store
        switch store.commit(change, at: moment) {
        case .stale:
            requests[index].retries += 1
            if requests[index].retries > 50 { report(.stuck, "\(change)") }
            requests[index].stage = .arriving(mayUseCopy: false)
        case .sessionEnded:
            checkAnswer(.refused(.unknown), to: request, knownSince: version, at: moment)
            requests[index].stage = .answered(.refused(.unknown))
        case .committed:
            checkCommit(change, of: request, before: before, knownSince: version, at: moment)
            checkAnswer(decision.reply, to: request, knownSince: store.version, at: moment)
            markUse(decision.reply, by: request, at: moment)
            copies[request.node] = (decision.next, store.version)
            requests[index].stage = .answered(decision.reply)
        }
    }

    /// A request that lets in is a use of the session, with the generation that was presented: the successor may get lost.
    private mutating func markUse(_ reply: Reply, by request: Request, at moment: Timestamp) {
        guard case .sameSuccessor(let session) = reply else { return }
        var generation = Generation.adopted
        if case .own(let token) = request.presented { generation = token.generation }
        marks.append(
            Mark(user: .alice, session: session.id, use: SessionRecord.Use(at: moment, generation: generation)))
    }

    /// The browser takes what it got, unless it has something newer.
    private mutating func deliver(_ reply: Reply, to request: Request) {
        switch reply {
        case .started(let session), .sameSuccessor(let session), .rotated(let session, recovered: _):
            let token = Token(
                session: session.id, generation: session.generation, rotatedAt: session.rotatedAt,
                userEpoch: session.userEpoch, deploymentEpoch: session.deploymentEpoch)
            if case .own(let held) = clients[request.client].jar {
                guard held.session == request.presented?.session else { return }
                if held.session == token.session, held.generation > token.generation { return }
            } else if clients[request.client].jar != request.presented {
                return
            }
            clients[request.client].jar = .own(token)
            clients[request.client].lastUse = now
        case .refused:
            if let session = request.presented?.session { forget(session, in: request.client) }
        case .ended(let sessions):
            for id in sessions { forget(id, in: request.client) }
        }
    }
}
