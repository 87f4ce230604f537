import Synchronization
import TesseraCore
import TesseraRuntime
import TesseraTestKit
import Testing

@Suite("Calls at the same time are as if one came after the other", .timeLimit(.minutes(5)))
struct ConcurrencyTests {
    @Test("Of many who replace the same state exactly one succeeds", arguments: StoreCase.all)
    func oneWinner(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 90)
            let user = try samples.user()
            var session = samples.session()
            try await store.create(session, of: user)
            for round in 0..<25 {
                let current = session
                let record = try await store.load(user)
                let winners = try await withThrowingTaskGroup(of: SessionRecord?.self) { group in
                    for contender in 0..<16 {
                        group.addTask {
                            var next = current.rotated(at: start + .minutes(round))
                            next.claims = [UInt8(round), UInt8(contender)]
                            let outcome = try await store.commit(record.change([.replace(current, with: next)]))
                            return outcome == .committed(.primary) ? next : nil
                        }
                    }
                    return try await group.reduce(into: [SessionRecord]()) { winners, next in
                        if let next { winners.append(next) }
                    }
                }
                #expect(winners.count == 1)
                session = try #require(winners.first)
                #expect(try await store.load(user).sessions == [session])
            }
        }
    }

    @Test("Of many who create the same session exactly one succeeds", arguments: StoreCase.all)
    func oneCreator(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 91)
            for _ in 0..<20 {
                let session = samples.session()
                let users = try (0..<4).map { _ in try samples.user() }
                let winners = try await withThrowingTaskGroup(of: UserID?.self) { group in
                    for number in 0..<16 {
                        let user = users[number % 4]
                        group.addTask {
                            let outcome = try await store.commit(UserRecord(user: user).change([.create(session)]))
                            return outcome == .committed(.primary) ? user : nil
                        }
                    }
                    return try await group.reduce(into: [UserID]()) { winners, user in
                        if let user { winners.append(user) }
                    }
                }
                #expect(winners.count == 1)
                #expect(try await store.owner(of: session.id) == winners.first)
            }
        }
    }

    @Test("An end and a rotation at the same time leave no session", arguments: StoreCase.all)
    func endAgainstRotation(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 92)
            for round in 0..<40 {
                let user = try samples.user()
                let session = samples.session()
                try await store.create(session, of: user)
                let record = try await store.load(user)
                let end = record.change(
                    [.remove(session.id)],
                    revocations: [
                        Revocation(fact: .session(session.id), expires: start + .hours(1), reason: .signedOut)
                    ])
                let rotate = record.change([.replace(session, with: session.rotated(at: start))])
                let mark = Mark(user: user, session: session.id, use: session.lastUse)
                try await withThrowingTaskGroup { group in
                    let changes = round % 2 == 0 ? [end, rotate] : [rotate, end]
                    for change in changes { group.addTask { _ = try await store.commit(change) } }
                    group.addTask { _ = try await store.mark([mark]) }
                    group.addTask { _ = try await store.commit(record.change([.create(session)])) }
                    try await group.waitForAll()
                }
                #expect(try await store.load(user).sessions.isEmpty)
                #expect(try await store.owner(of: session.id) == nil)
                #expect(try await store.commit(record.change([.create(session)])) == .sessionEnded(session.id))
            }
        }
    }

    @Test("Raising everybody's epoch leaves no session that was signed in on the older one", arguments: StoreCase.all)
    func everybodyAgainstSignIns(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 93)
            let users = try (0..<8).map { _ in try samples.user() }
            for round in 0..<8 {
                let epoch = Epoch(UInt32(round))
                let sessions = users.map { _ in samples.session(deploymentEpoch: epoch) }
                try await withThrowingTaskGroup { group in
                    for (user, session) in zip(users, sessions) {
                        let record = UserRecord(user: user, deployment: .init(epoch: epoch, raisedAt: nil))
                        group.addTask { _ = try await store.commit(record.change([.create(session)])) }
                    }
                    group.addTask { _ = try await store.revokeEverybody(at: start, reason: .revokedByOperator) }
                    try await group.waitForAll()
                }
                for user in users { #expect(try await store.load(user).sessions.isEmpty) }
            }
        }
    }

    @Test("Marks of many at once all count", arguments: StoreCase.all)
    func concurrentMarks(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 94)
            let user = try samples.user()
            let session = samples.session()
            try await store.create(session, of: user)
            var random = SeededRandom(seed: 95)
            let uses = (0..<100).map { _ in
                SessionRecord.Use(
                    at: start + .seconds(Int.random(in: 0...900, using: &random)),
                    generation: Generation(UInt32.random(in: 0...50, using: &random)))
            }
            try await withThrowingTaskGroup { group in
                for use in uses {
                    group.addTask {
                        let unknown = try await store.mark([Mark(user: user, session: session.id, use: use)])
                        #expect(unknown.isEmpty)
                    }
                }
                try await group.waitForAll()
            }
            var expected = session
            for use in uses { expected.apply(use) }
            #expect(try await store.load(user).sessions == [expected])
        }
    }

    @Test("A record is of one moment: both halves of a change, or none", arguments: StoreCase.all)
    func consistentLoads(_ stores: StoreCase) async throws {
        try await stores.withStore { store in
            var samples = Samples(seed: 96)
            let user = try samples.user()
            let (left, right) = (samples.session(), samples.session())
            try await store.create(left, right, of: user)
            try await withThrowingTaskGroup { group in
                group.addTask {
                    var record = UserRecord(user: user, sessions: [left, right])
                    for number in 1...60 {
                        let next = record.sessions.map { $0.rotated(at: start + .minutes(number)) }
                        let raised = UserChange.RaisedEpoch(epoch: record.epoch.next, at: start)
                        let edits = zip(record.sessions, next).map { SessionEdit.replace($0, with: $1) }
                        let outcome = try await store.commit(record.change(edits, raising: raised))
                        #expect(outcome == .committed(.primary))
                        record.sessions = next
                        record.epoch = raised.epoch
                    }
                }
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<60 {
                            let record = try await store.load(user)
                            let numbers = Set(record.sessions.map { $0.generation.number } + [record.epoch.number + 1])
                            #expect(record.sessions.count == 2)
                            #expect(numbers.count == 1)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
