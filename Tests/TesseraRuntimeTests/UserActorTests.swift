import TesseraCore
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraRuntime

@Suite("A user's actor")
struct UserActorTests {
    private func rotation(_ token: MintedToken, _ generation: UInt32? = nil) -> Command {
        .rotate(
            Command.Presented(
                session: token.token.session, generation: generation.map { Generation($0) } ?? token.token.generation,
                device: .unknown))
    }

    @Test("64 rotations of one token at the same time: one commit, one successor, the claims made once")
    func singleFlight() async throws {
        let (world, store) = try await InMemoryStore.world()
        let token = try await world.signIn()
        world.pastFreshWindow()
        store.faults.resetCounts()
        let made = Counter()
        let actor = world.flow.actors[token.token.user]
        let outcomes = try await parallel(64) { _ in
            try await actor.run(rotation(token)) { _, _ in
                made.add(1)
                await Task.yield()
                return [1]
            }
        }
        #expect(store.faults.count(of: .commit) == 1 && store.faults.count(of: .load) == 0)
        #expect(made.add(0) == 1)
        let sessions = outcomes.compactMap { outcome -> SessionRecord? in
            switch outcome.reply {
            case .rotated(let session, _), .sameSuccessor(let session): session
            case .started, .refused, .ended: nil
            }
        }
        #expect(sessions.count == 64)
        #expect(Set(sessions.map(\.generation)) == [Generation(2)])
        #expect(Set(sessions.map(\.claims)) == [[1]])
    }

    @Test("A copy that is behind the store decides nothing: the commit is stale, and the decision made anew")
    func stale() async throws {
        let store = InMemoryStore()
        let clock = ManualClock()
        let one = try await World(store, clock: clock)
        let other = try await World(store, clock: clock, seed: 2)
        let token = try await one.signIn()
        one.pastFreshWindow()
        let first = try await other.rotate(token.text)
        let second = try await one.rotate(token.text)
        #expect(first.token == second.token, "the same successor, though the other node made it")
        #expect(store.faults.count(of: .commit) == 3, "sign-in, rotation, and the stale one")
    }

    @Test("A refusal never comes from the copy: it is loaded first")
    func refusals() async throws {
        let store = InMemoryStore()
        let clock = ManualClock()
        let one = try await World(store, clock: clock)
        let other = try await World(store, clock: clock, seed: 2)
        let token = try await one.signIn()
        let actor = one.flow.actors[token.token.user]
        // The other node makes a session that this one's copy does not know.
        let second = try await other.signIn()
        one.pastFreshWindow()
        guard case .rotated(let session, _) = try await actor.run(rotation(second)).reply else {
            Issue.record("refused from a stale copy")
            return
        }
        #expect(session.generation == Generation(2))
    }

    @Test("Reuse is not found in the copy either: another node may have moved the session")
    func reuseFromCopy() async throws {
        let store = InMemoryStore()
        let clock = ManualClock()
        let one = try await World(store, clock: clock)
        let token = try await one.signIn()
        one.pastFreshWindow()
        let second = try await one.rotate(token.text)
        _ = try await one.authenticate(second.text)
        clock.advance(by: .seconds(31))
        store.faults.resetCounts()
        #expect(try await one.authenticate(token.text).ending == .refused(.reuse(.late)))
        #expect(store.faults.count(of: .load) == 1)
    }

    @Test("A commit that failed, done or not, leaves no copy: the next command loads", arguments: [true, false])
    func failedCommit(isDone: Bool) async throws {
        let (world, store) = try await InMemoryStore.world()
        let token = try await world.signIn()
        world.pastFreshWindow()
        store.faults.resetCounts()
        store.faults.fail(.commit, moment: isDone ? .after : .before, times: 1)
        #expect(await flowError { _ = try await world.authenticate(token.text) } == .unavailable)
        #expect(store.faults.count(of: .load) == 0)
        let successor = try await world.rotate(token.text)
        #expect(successor.token.generation == Generation(2))
        #expect(store.faults.count(of: .load) == 1)
        #expect(store.faults.count(of: .commit) == (isDone ? 1 : 2))
    }

    @Test("A copy is as old as the question to the store, not as its answer")
    func slowAnswer() async throws {
        let base = InMemoryStore()
        let clock = ManualClock()
        let (slowStore, strict) = (NodeStore(base), Self.strict)
        let slow = try await World(slowStore, clock: clock, policy: strict)
        let other = try await World(base, clock: clock, policy: strict, seed: 2)
        let token = try await slow.signIn()
        slow.pastFreshWindow()
        _ = try await slow.rotate(token.text)
        let actor = slow.flow.actors[token.token.user]
        actor.invalidate()
        // The record is read, its answer is under way for a minute, and meanwhile all the user's sessions end.
        let gate = slowStore.faults.hold(.load, moment: .after)
        let reading = Task { try await actor.run(self.rotation(token)) }
        await gate.waitForArrivals(1)
        _ = try await other.flow.endAll(of: token.token.user, reason: .revokedByOperator)
        clock.advance(by: .minutes(1))
        gate.open()
        _ = try await reading.value
        guard case .refused = try await actor.run(rotation(token)).reply else {
            Issue.record("answered from a copy that was a minute old")
            return
        }
    }

    private static var strict: SessionPolicy {
        var policy = SessionPolicy.consumer
        policy.grace = .zero
        return policy
    }

    @Test("A commit proves the sessions in it, and no others of the copy")
    func provenSessions() async throws {
        let base = InMemoryStore()
        let clock = ManualClock()
        let one = try await World(base, clock: clock, policy: Self.strict)
        let other = try await World(base, clock: clock, policy: Self.strict, seed: 2)
        let busy = try await one.signIn()
        let quiet = try await one.signIn()
        one.pastFreshWindow()
        // The answer to this rotation is lost, and the browser is closed.
        _ = try await one.rotate(quiet.text)
        // Ended elsewhere, so long ago that the fact has left every mirror.
        _ = try await other.flow.end(quiet.token.session, of: quiet.token.user, reason: .revokedByUser)
        var busyText = busy.text
        for _ in 0..<4 {
            one.pastFreshWindow()
            busyText = try await one.rotate(busyText).text
        }
        #expect(try await one.authenticate(quiet.text).ending == .refused(.unknown))
    }

    @Test("Too many commands of one user are refused, and the others are carried out")
    func overload() async throws {
        let (world, store) = try await InMemoryStore.world()
        let token = try await world.signIn()
        world.pastFreshWindow()
        let gate = store.faults.hold(.commit, moment: .before)
        let environment = UserActor.Environment(
            store: store, mirror: world.flow.mirror, marks: world.flow.marks, clock: world.clock.wallClock(),
            policy: .consumer, queueLimit: 8)
        let actor = UserActor(user: token.token.user, environment: environment)
        let tasks = (0..<9).map { _ in Task { try await actor.run(rotation(token)) } }
        await gate.waitForArrivals(1)
        try await eventually("8 wait") { actor.waitingCount == 8 }
        #expect(await flowError { _ = try await actor.run(self.rotation(token)) } == .overloaded)
        gate.open()
        for task in tasks { _ = try await task.value }
        #expect(store.faults.count(of: .commit) == 2, "the sign-in and one rotation")
    }

    @Test("Whoever is cancelled while he waits leaves, and his command is not carried out")
    func cancelled() async throws {
        let (world, store) = try await InMemoryStore.world()
        let token = try await world.signIn()
        world.pastFreshWindow()
        let gate = store.faults.hold(.commit, moment: .before)
        let actor = world.flow.actors[token.token.user]
        let first = Task { try await actor.run(rotation(token)) }
        await gate.waitForArrivals(1)
        let update = Command.Presented(
            session: token.token.session, generation: .first, device: World.firefox.device)
        let waiting = Task { try await actor.run(.update(update)) }
        try await eventually("one waits") { actor.waitingCount == 1 }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { _ = try await waiting.value }
        gate.open()
        _ = try await first.value
        #expect(try await actor.read()[token.token.session]?.generation == Generation(2))
    }

    @Test("What ends sessions does not wait for a callback that hangs, and what hung is refused afterwards")
    func endingGoesFirst() async throws {
        let (world, _) = try await InMemoryStore.world()
        let token = try await world.signIn()
        world.pastFreshWindow()
        let actor = world.flow.actors[token.token.user]
        let callback = CallGate()
        let hanging = Task {
            try await actor.run(rotation(token)) { _, _ in
                await callback.pass()
                return nil
            }
        }
        await callback.waitForArrivals(1)
        let ending = try await actor.run(.endAll(reason: .revokedByOperator))
        #expect(ending.reply == .ended([token.token.session]))
        callback.open()
        #expect(try await hanging.value.reply == .refused(.unknown))
        #expect(try await actor.read().sessions.isEmpty)
    }

    @Test("What is read while others change the record does not become a copy")
    func outdatedRead() async throws {
        let (world, store) = try await InMemoryStore.world()
        let token = try await world.signIn()
        let actor = world.flow.actors[token.token.user]
        let gate = store.faults.hold(.load, moment: .after)
        let reading = Task { try await actor.read() }
        await gate.waitForArrivals(1)
        actor.invalidate()
        gate.open()
        _ = try await reading.value
        #expect(await actor.recentCopy(of: token.token.session) == nil)
    }

    @Test("When making the claims fails, nothing is written")
    func failingClaims() async throws {
        let (world, store) = try await InMemoryStore.world()
        let token = try await world.signIn()
        world.pastFreshWindow()
        let actor = world.flow.actors[token.token.user]
        await #expect(throws: Unexpected.self) {
            _ = try await actor.run(self.rotation(token)) { _, _ in throw Unexpected() }
        }
        #expect(try await actor.read()[token.token.session]?.generation == .first)
        #expect(store.faults.count(of: .commit) == 1)
    }

    @Test("A record that never stops changing is given up on")
    func livelock() async throws {
        let base = InMemoryStore()
        let world = try await World(AlwaysStale(base))
        #expect(await flowError { _ = try await world.signIn() } == .overloaded)
    }

    @Test("Signs of use that are not written yet count: an old generation is reuse, and the idle limit has moved")
    func pendingMarks() async throws {
        let (world, _) = try await InMemoryStore.world()
        let token = try await world.signIn()
        world.pastFreshWindow()
        let second = try await world.rotate(token.text)
        // Used, and the node writes no marks in this test.
        #expect(try await world.authenticate(second.text).active != nil)
        world.clock.advance(by: .minutes(2))
        #expect(try await world.authenticate(token.text).ending == .refused(.reuse(.late)))
    }

    @Test("An actor that was let go loses nothing")
    func eviction() async throws {
        let store = InMemoryStore()
        let world = try await World(store, actorLimit: 4)
        let token = try await world.signIn()
        for number in 0..<20 { _ = try await world.signIn("user\(number)") }
        #expect(world.flow.actors.count <= 4)
        world.pastFreshWindow()
        let successors = try await parallel(16) { number in
            if number % 4 == 0 { _ = try await world.signIn("other\(number)") }
            return try await world.rotate(token.text).token
        }
        #expect(Set(successors.map(\.id)).count == 1)
    }
}

/// A store whose commits always come too late.
private struct AlwaysStale: SessionStore {
    private let base: InMemoryStore

    init(_ base: InMemoryStore) { self.base = base }

    func load(_ user: UserID) async throws(StoreError) -> UserRecord { try await base.load(user) }
    func owner(of session: SessionID) async throws(StoreError) -> UserID? { try await base.owner(of: session) }
    func isBlocked(_ token: TokenID) async throws(StoreError) -> Bool { try await base.isBlocked(token) }
    func commit(_ change: UserChange) async throws(StoreError) -> CommitOutcome { .stale }
    func mark(_ marks: [Mark]) async throws(StoreError) -> [Mark] { try await base.mark(marks) }
    func revokeEverybody(at now: Timestamp, reason: EndReason) async throws(StoreError) -> EverybodyRevocation {
        try await base.revokeEverybody(at: now, reason: reason)
    }
    func block(_ revocation: Revocation) async throws(StoreError) -> Durability { try await base.block(revocation) }
    func revocations(at now: Timestamp) async throws(StoreError) -> [Revocation] { try await base.revocations(at: now) }
    func sweep(at now: Timestamp) async throws(StoreError) -> SweepResult { try await base.sweep(at: now) }
    func ping() async throws(StoreError) { try await base.ping() }
}
