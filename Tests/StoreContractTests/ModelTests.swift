import Synchronization
import TesseraCore
import TesseraRuntime
import TesseraTestKit
import Testing

@Suite("Random use finds no difference to the model", .timeLimit(.minutes(5)))
struct ModelTests {
    // MARK: One after the other

    /// Random calls on few users and sessions, so that they meet.
    private struct Calls {
        var random: SeededRandom
        let users: [UserID]
        let ids: [SessionID]
        var now = start

        init(seed: UInt64) throws {
            var samples = Samples(seed: seed)
            users = try (0..<3).map { _ in try samples.user() }
            ids = (0..<6).map { _ in samples.sessionID() }
            random = samples.random.fork()
        }

        mutating func user() -> UserID { users[Int.random(in: 0..<users.count, using: &random)] }
        mutating func id() -> SessionID { ids[Int.random(in: 0..<ids.count, using: &random)] }
        mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

        mutating func session(_ id: SessionID, in record: UserRecord) -> SessionRecord {
            SessionRecord(
                id: id, generation: .first, rotatedAt: now, createdAt: now, authenticatedAt: now,
                idleTimeout: .minutes(Int.random(in: 1...60, using: &random)),
                absoluteLimit: now + .minutes(Int.random(in: 1...200, using: &random)), userEpoch: record.epoch,
                deploymentEpoch: record.deployment.epoch, device: .unknown,
                adoptedUntil: chance(40) ? now + .minutes(Int.random(in: -5...90, using: &random)) : nil, claims: nil,
                lastUse: SessionRecord.Use(at: now, generation: .adopted))
        }

        mutating func edit(of record: UserRecord) -> SessionEdit {
            let id = id()
            guard let session = record[id] else { return chance(85) ? .create(session(id, in: record)) : .remove(id) }
            switch Int.random(in: 0..<10, using: &random) {
            case 0: return .create(session)
            case 1, 2: return .remove(id)
            case 3:
                var outdated = session
                outdated.claims = [9]
                return .replace(outdated, with: session.rotated(at: now))
            default:
                var next = session.rotated(at: now)
                next.claims = chance(50) ? random.bytes(4) : nil
                return .replace(session, with: next)
            }
        }

        mutating func fact() -> EndedFact {
            let number = UInt32.random(in: 0...4, using: &random)
            switch Int.random(in: 0..<20, using: &random) {
            case 0: return .everybody(below: Epoch(number))
            case 1, 2: return .user(user(), below: Epoch(number))
            case 3...6: return .session(id())
            case 7...13: return .generations(id(), below: Generation(number))
            default: return TokenID("t\(number)").map { .token($0) } ?? .session(id())
            }
        }

        mutating func revocation() -> Revocation {
            Revocation(
                fact: fact(), expires: now + .minutes(Int.random(in: -5...60, using: &random)),
                reason: EndReason.allCases.randomElement(using: &random) ?? .reuse)
        }

        mutating func change(of record: UserRecord) -> UserChange {
            // One edit for a session at most, as `decide` makes them.
            var edits: [SessionID: SessionEdit] = [:]
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let edit = edit(of: record)
                edits[edit.session] = edit
            }
            let raised = chance(6) ? UserChange.RaisedEpoch(epoch: record.epoch.next, at: now) : nil
            let revocations = chance(20) ? [revocation()] : []
            let isOutdated = chance(5)
            return UserChange(
                user: record.user, expectedEpoch: isOutdated ? record.epoch.next : record.epoch,
                expectedDeploymentEpoch: chance(3) ? record.deployment.epoch.next : record.deployment.epoch,
                raisedEpoch: raised, edits: edits.values.sorted { $0.session < $1.session }, revocations: revocations)
        }

        mutating func marks() -> [Mark] {
            (0..<Int.random(in: 1...4, using: &random)).map { _ in
                Mark(
                    user: user(), session: id(),
                    use: SessionRecord.Use(
                        at: now - .seconds(Int.random(in: 0...90, using: &random)),
                        generation: Generation(UInt32.random(in: 0...3, using: &random))))
            }
        }
    }

    @Test(
        "Every answer, and everything that is kept, is the model's", arguments: StoreCase.real,
        [UInt64(1), 2, 3, 4])
    func sequential(_ stores: StoreCase, _ seed: UInt64) async throws {
        try await stores.withStore { store in
            let model = InMemoryStore()
            var calls = try Calls(seed: seed)
            for _ in 0..<400 {
                calls.now = calls.now + .seconds(Int.random(in: 0...120, using: &calls.random))
                let now = calls.now
                switch Int.random(in: 0..<100, using: &calls.random) {
                case 0..<65:
                    let change = calls.change(of: try await model.load(calls.user()))
                    let outcome = try await store.commit(change)
                    #expect(try await model.commit(change) == outcome)
                case 65..<80:
                    let marks = calls.marks()
                    let unknown = try await store.mark(marks)
                    #expect(try await model.mark(marks) == unknown)
                case 80..<92:
                    let revocation = calls.revocation()
                    try await store.block(revocation)
                    try await model.block(revocation)
                case 92..<98:
                    let result = try await store.sweep(at: now)
                    #expect(try await model.sweep(at: now) == result)
                default:
                    let deployment = try await store.revokeEverybody(at: now, reason: .revokedByOperator)
                    #expect(try await model.revokeEverybody(at: now, reason: .revokedByOperator) == deployment)
                }
                try await compare(store, model, calls)
            }
        }
    }

    private func compare(_ store: any SessionStore, _ model: InMemoryStore, _ calls: Calls) async throws {
        for user in calls.users {
            #expect(try await store.load(user).inOrder == (try await model.load(user).inOrder))
        }
        for id in calls.ids {
            #expect(try await store.owner(of: id) == (try await model.owner(of: id)))
        }
        #expect(
            Set(try await store.revocations(at: calls.now)) == Set(try await model.revocations(at: calls.now)))
    }

    // MARK: At the same time

    /// Writes down what everybody was told, once he was told.
    private final class Witness: Sendable {
        private let told = Mutex(Told())

        func withLock<Value: Sendable>(_ body: (inout Told) -> Value) -> Value { told.withLock { body(&$0) } }
    }

    private struct Told: Sendable {
        /// Sessions whose end was acknowledged.
        var ended: Set<SessionID> = []
        /// For every state of a session that was replaced, the states that took its place. More than one is a fork.
        var successors: [SessionRecord: [SessionRecord]] = [:]
        var created: [SessionID: SessionRecord] = [:]
        var highestEpoch: [UserID: Epoch] = [:]
    }

    @Test(
        "With many at once nothing dead comes back, nothing forks, and epochs only rise", arguments: StoreCase.all,
        [UInt64(5), 6, 7])
    func concurrent(_ stores: StoreCase, _ seed: UInt64) async throws {
        try await stores.withStore { store in
            let told = Witness()
            let shared = try Calls(seed: seed)
            try await withThrowingTaskGroup { group in
                for worker in 0..<12 {
                    var calls = shared
                    calls.random = SeededRandom(seed: seed &* 1000 &+ UInt64(worker))
                    group.addTask { [calls] in try await Self.work(calls, store, told) }
                }
                try await group.waitForAll()
            }
            try await Self.check(store, shared, told.withLock { $0 })
        }
    }

    private static func work(_ calls: Calls, _ store: any SessionStore, _ told: Witness) async throws {
        var calls = calls
        var samples = Samples(seed: calls.random.next(), like: calls.users[0])
        for _ in 0..<60 {
            let user = calls.user()
            let before = told.withLock { ($0.ended, $0.highestEpoch[user] ?? .initial) }
            let record = try await store.load(user)
            #expect(record.sessions.allSatisfy { !before.0.contains($0.id) }, "a session that had ended was loaded")
            #expect(record.epoch >= before.1, "an epoch went back")
            let chosen = record.sessions.randomElement(using: &calls.random)
            switch (chosen, Int.random(in: 0..<20, using: &calls.random)) {
            case (let session?, 0...9):
                var next = session.rotated(at: start + .seconds(Int.random(in: 0...999, using: &calls.random)))
                next.claims = calls.random.bytes(8)
                let outcome = try await store.commit(record.change([.replace(session, with: next)]))
                if outcome == .committed(.primary) { note(session, next, told) }
            case (let session?, 10...11):
                _ = try await store.mark([Mark(user: user, session: session.id, use: session.lastUse)])
            case (let session?, 12...14):
                let gone = Revocation(fact: .session(session.id), expires: start + .days(9), reason: .signedOut)
                let change = record.change([.remove(session.id)], revocations: [gone])
                if try await store.commit(change) == .committed(.primary) {
                    told.withLock { _ = $0.ended.insert(session.id) }
                }
            case (let session?, 15):
                try await store.block(
                    Revocation(fact: .session(session.id), expires: start + .days(9), reason: .revokedByOperator))
                told.withLock { _ = $0.ended.insert(session.id) }
            case (_, 16):
                let raised = UserChange.RaisedEpoch(epoch: record.epoch.next, at: start)
                let edits = record.sessions.map { SessionEdit.remove($0.id) }
                if try await store.commit(record.change(edits, raising: raised)) == .committed(.primary) {
                    told.withLock { $0.highestEpoch[user] = max($0.highestEpoch[user] ?? .initial, raised.epoch) }
                }
            case (_, 17):
                // Somebody tries to bring a dead one back.
                guard let dead = before.0.randomElement(using: &calls.random) else { continue }
                let revived = SessionRecord(
                    id: dead, generation: .first, rotatedAt: start, createdAt: start, authenticatedAt: start,
                    idleTimeout: .hours(1), absoluteLimit: start, userEpoch: .initial, deploymentEpoch: .initial,
                    device: .unknown, adoptedUntil: nil, claims: nil,
                    lastUse: SessionRecord.Use(at: start, generation: .adopted))
                let outcome = try await store.commit(record.change([.create(revived)]))
                #expect(outcome != .committed(.primary), "a session that had ended was created again")
            default:
                var session = samples.session(userEpoch: record.epoch)
                session.claims = calls.random.bytes(8)
                if try await store.commit(record.change([.create(session)])) == .committed(.primary) {
                    told.withLock { $0.created[session.id] = session }
                }
            }
        }
    }

    private static func note(_ old: SessionRecord, _ new: SessionRecord, _ told: Witness) {
        var (old, new) = (old, new)
        // The last use does not belong to what is compared.
        old.lastUse = SessionRecord.Use(at: start, generation: .adopted)
        new.lastUse = old.lastUse
        told.withLock { $0.successors[old, default: []].append(new) }
    }

    /// Every session that is left is the end of one chain from its creation, without a fork and without a lost update.
    private static func check(_ store: any SessionStore, _ calls: Calls, _ told: Told) async throws {
        #expect(told.successors.values.allSatisfy { $0.count == 1 }, "a state was replaced twice")
        for user in calls.users {
            let record = try await store.load(user)
            for session in record.sessions {
                #expect(!told.ended.contains(session.id))
                var state = try #require(told.created[session.id])
                var length = UInt32(1)
                while let next = told.successors[state]?.first {
                    state = next
                    length += 1
                }
                #expect(session.matches(state), "an acknowledged change was lost")
                #expect(session.generation.number == length)
            }
        }
        let facts = Set(try await store.revocations(at: start).map(\.fact))
        #expect(told.ended.allSatisfy { facts.contains(.session($0)) })
    }
}
