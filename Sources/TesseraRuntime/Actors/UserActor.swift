import Synchronization
package import TesseraCore
import Tracing

/// One user's live state on this node: runs his commands one at a time, each decided on his record and committed.
/// Only what ends sessions does not wait its turn, so that nothing keeps it from happening.
///
/// It keeps the record between commands, to save the reading. What is decided on that copy counts only where a
/// conditional commit proves it; or where nothing changes because the session has just been moved on, and the copy is
/// no older than that (`copyTrust`). Everything else is decided on the record as the store has it.
package actor UserActor {
    package nonisolated let user: UserID
    private let environment: Environment
    private let turnstile: Turnstile
    private var copy: UserRecord?
    /// How often the copy had been dropped when it was asked for, so that one that was being read meanwhile is none.
    private var dropsSeen: UInt64 = 0
    private nonisolated let drops = Atomic<UInt64>(0)
    /// When the copy was read: its other sessions may have changed since, also where a commit has proved one of them.
    private var readAt: Timestamp?
    /// When a commit has last proved a session of the copy, where that was later.
    private var provenAt: [SessionID: Timestamp] = [:]

    /// What all users' actors share.
    package struct Environment: Sendable {
        package let store: any SessionStore
        package let mirror: Mirror
        package let marks: MarkBook
        package let clock: WallClock
        package let policy: SessionPolicy
        /// How many commands of one user wait at most.
        package let queueLimit: Int
        /// How long a command waits for its turn at most: longer than a store takes to say that it cannot be asked, so
        /// that only an application's callback that hangs can make anybody wait that long.
        package let patience: Duration

        package init(
            store: any SessionStore, mirror: Mirror, marks: MarkBook, clock: WallClock, policy: SessionPolicy,
            queueLimit: Int = 1024, patience: Duration = .seconds(10)
        ) {
            self.store = store
            self.mirror = mirror
            self.marks = marks
            self.clock = clock
            self.policy = policy
            self.queueLimit = queueLimit
            self.patience = patience
        }
    }

    /// Makes the claims of the generation that a decision has made, from the session as it was before; sealed as the
    /// store is to keep them, `nil` where the token carries them alone. May ask the application. Throws to give up.
    package typealias ClaimsMaker = @Sendable (_ before: SessionRecord?, _ next: SessionRecord) async throws -> [UInt8]?

    /// Makes the messages that tell other systems of a change, which are written with it. Called again where the change is
    /// decided again.
    package struct MessageMaker: Sendable {
        let make: @Sendable (UserChange, Reply) -> [OutboxMessage]
    }

    /// What a command came to.
    package struct Outcome: Sendable {
        package let reply: Reply
        package let durability: Durability?
        /// What it wrote; `nil` where nothing changed.
        package let change: UserChange?
        /// The user's record afterwards.
        package let record: UserRecord
    }

    package init(user: UserID, environment: Environment) {
        self.user = user
        self.environment = environment
        self.turnstile = Turnstile(limit: environment.queueLimit, patience: environment.patience)
    }

    /// Runs one command after those that came before it.
    ///
    /// Throws `FlowError` when the store cannot be asked, too many commands of this user wait, or the turn does not
    /// come in time, and what `makeClaims` throws. When it throws after the commit was sent, the command may have been
    /// executed.
    package func run(
        _ command: Command, messages: MessageMaker? = nil, makeClaims: ClaimsMaker? = nil
    ) async throws -> Outcome {
        try await withSpan("user \(command.name)") { _ in try await self.execute(command, messages, makeClaims) }
    }

    private func execute(
        _ command: Command, _ messages: MessageMaker?, _ makeClaims: ClaimsMaker?
    ) async throws -> Outcome {
        guard command.endsOnly else {
            return try await inTurn { try await self.runNow(command, messages, makeClaims) }
        }
        // The turn saves retries and is not what correctness rests on: whoever has it may be waiting for a callback.
        invalidate()
        defer { invalidate() }
        return try await runNow(command, messages, nil)
    }

    /// The user's record, read from the store, with the signs of use that are not written yet.
    package func read() async throws -> UserRecord {
        try await inTurn {
            self.invalidate()
            return try await self.current()
        }
    }

    /// A session from the copy, if the copy was what the store had within the last fresh window.
    package func recentCopy(of session: SessionID) -> SessionRecord? {
        let now = environment.clock.now()
        guard isKnown(session, since: environment.policy.freshWindow, at: now) else { return nil }
        guard let record, let session = record[session], record.isAlive(session, at: now) else { return nil }
        return session
    }

    /// How many commands wait for their turn.
    package nonisolated var waitingCount: Int { turnstile.waitingCount }

    /// Drops the copy of the record, because somebody else has changed it; also one that is being read just now.
    package nonisolated func invalidate() { drops.wrappingAdd(1, ordering: .releasing) }

    /// The copy, where it has not been dropped.
    private var record: UserRecord? {
        get { drops.load(ordering: .acquiring) == dropsSeen ? copy : nil }
        set { copy = newValue }
    }

    private func inTurn<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await turnstile.pass(body)
        } catch let refusal as Turnstile.Refusal {
            switch refusal {
            case .full: throw FlowError(.overloaded, "too many requests of one user are waiting")
            case .late: throw FlowError(.overloaded, "waited too long for the user's other requests")
            case .cancelled: throw CancellationError()
            }
        }
    }

    /// How often a decision is made anew because somebody else was faster.
    private static let attempts = 16

    private func runNow(
        _ command: Command, _ messages: MessageMaker?, _ makeClaims: ClaimsMaker?
    ) async throws -> Outcome {
        for _ in 0..<Self.attempts {
            let isCopy = record != nil
            let before = try await current()
            var decision = before.decide(command, policy: environment.policy, now: environment.clock.now())
            if isCopy, !mayAnswerFromCopy(decision.reply) {
                record = nil
                continue
            }
            try await addClaims(to: &decision, before: before, makeClaims)
            guard var change = decision.change else {
                return Outcome(reply: decision.reply, durability: nil, change: nil, record: decision.next)
            }
            if let messages { change.messages = messages.make(change, decision.reply) }
            let sentAt = environment.clock.now()
            switch try await commit(change) {
            case .committed(let durability):
                apply(decision, change, sentAt: sentAt)
                return Outcome(
                    reply: decision.reply, durability: durability, change: change, record: decision.next)
            case .stale: record = nil
            case .sessionEnded:
                record = nil
                return Outcome(reply: .refused(.unknown), durability: nil, change: nil, record: before)
            }
        }
        throw FlowError(.overloaded, "the user's record kept changing")
    }

    /// How old a copy may be to answer requests that come together with one that has just moved the session on; well
    /// within the bound for revocations.
    private static let copyTrust = Duration.seconds(1)

    private func mayAnswerFromCopy(_ reply: Reply) -> Bool {
        switch reply {
        case .rotated: return true
        case .sameSuccessor(let session):
            guard !environment.mirror.isEnded(session, of: user) else { return false }
            return isKnown(session.id, since: Self.copyTrust, at: environment.clock.now())
        case .started, .refused, .ended: return false
        }
    }

    /// Whether the copy of a session was what the store had within the time before `now`, which a clock that was set
    /// back does not stretch.
    private func isKnown(_ session: SessionID, since time: Duration, at now: Timestamp) -> Bool {
        guard record != nil, let known = provenAt[session] ?? readAt else { return false }
        return known <= now && now - known <= time
    }

    /// The record with the signs of use that are not written yet.
    private func current() async throws -> UserRecord {
        var current: UserRecord
        if let record { current = record } else { current = try await load() }
        for session in current.sessions {
            guard let use = environment.marks.use(of: session.id) else { continue }
            current.apply(Mark(user: user, session: session.id, use: use))
        }
        return current
    }

    private func load() async throws -> UserRecord {
        // The answer may be under way for long: the copy is as old as the question.
        let askedAt = environment.clock.now()
        let dropsBefore = drops.load(ordering: .acquiring)
        do {
            let loaded = try await environment.store.load(user)
            record = loaded
            readAt = askedAt
            dropsSeen = dropsBefore
            provenAt = [:]
            return loaded
        } catch {
            throw FlowError(store: error)
        }
    }

    private func commit(_ change: UserChange) async throws -> CommitOutcome {
        do {
            return try await environment.store.commit(change)
        } catch {
            // Whether it was written is not known: the copy is worth nothing now, and the mirror may lack what it ends.
            record = nil
            if !change.revocations.isEmpty { environment.mirror.doubt(user) }
            throw FlowError(store: error)
        }
    }

    private func apply(_ decision: Decision, _ change: UserChange, sentAt: Timestamp) {
        environment.mirror.insert(change.revocations, of: user)
        // A copy that was dropped meanwhile stays dropped: of the sessions that are not in the change it says nothing.
        if record != nil { record = decision.next }
        for edit in change.edits {
            switch edit {
            case .create, .replace: provenAt[edit.session] = sentAt
            case .remove(let session):
                provenAt[session] = nil
                environment.marks.forget(session)
            }
        }
    }

    private func addClaims(to decision: inout Decision, before: UserRecord, _ makeClaims: ClaimsMaker?) async throws {
        guard let makeClaims else { return }
        let next: SessionRecord
        switch decision.reply {
        case .started(let session), .rotated(let session, _): next = session
        case .sameSuccessor, .refused, .ended: return
        }
        guard let claims = try await makeClaims(before[next.id], next) else { return }
        decision.setClaims(claims, of: next.id)
    }
}

extension Command {
    /// What it is called in a trace.
    fileprivate var name: String {
        switch self {
        case .signIn: "sign in"
        case .adopt: "adopt"
        case .rotate: "rotate"
        case .update: "update"
        case .end: "end"
        case .endOthers: "end others"
        case .endAll: "end all"
        }
    }
}
