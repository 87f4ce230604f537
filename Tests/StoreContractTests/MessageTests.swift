import TesseraCore
import TesseraRuntime
import Testing

@Suite("What a change tells of goes into the outbox with it")
struct MessageTests {
    private static func message(_ id: String) -> OutboxMessage {
        OutboxMessage(id: id, created: start, body: Array("\(id)\n".utf8))
    }

    private static func told(_ outbox: any Outbox) async throws -> Set<OutboxMessage> {
        Set(try await outbox.claim(100, until: start + .seconds(60), at: start).entries.map(\.message))
    }

    @Test("A sign-in and a sign-out bring their messages along", arguments: StoreCase.all)
    func committed(_ store: StoreCase) async throws {
        try await store.withOutbox { store, outbox in
            var samples = Samples(seed: 900)
            let user = try samples.user()
            let session = samples.session()
            var change = try await store.load(user).change([.create(session)])
            change.messages = [Self.message("in"), Self.message("new")]
            #expect(try await store.commit(change) == .committed(.primary))
            let gone = Revocation(fact: .session(session.id), expires: start + .hours(1), reason: .signedOut)
            change = try await store.load(user).change([.remove(session.id)], revocations: [gone])
            change.messages = [Self.message("out")]
            #expect(try await store.commit(change) == .committed(.primary))
            #expect(try await Self.told(outbox) == [Self.message("in"), Self.message("new"), Self.message("out")])
        }
    }

    @Test("A change that is stale, or would bring back what is dead, tells nobody", arguments: StoreCase.all)
    func refused(_ store: StoreCase) async throws {
        try await store.withOutbox { store, outbox in
            var samples = Samples(seed: 901)
            let user = try samples.user()
            let (session, dead) = (samples.session(), samples.session())
            let empty = try await store.load(user)
            try await store.create(session, of: user)
            try await store.block(
                Revocation(fact: .session(dead.id), expires: start + .hours(1), reason: .signedOut))
            var stale = empty.change([.create(session)])
            stale.messages = [Self.message("stale")]
            #expect(try await store.commit(stale) == .stale)
            var ended = try await store.load(user).change([.create(dead)])
            ended.messages = [Self.message("dead")]
            #expect(try await store.commit(ended) == .sessionEnded(dead.id))
            #expect(try await Self.told(outbox) == [])
        }
    }

    @Test("Of users of all shards, every message is found", arguments: [StoreCase.redis, StoreCase.redisCluster])
    func everyShard(_ store: StoreCase) async throws {
        try await store.withOutbox { store, outbox in
            var samples = Samples(seed: 902)
            for number in 0..<100 {
                var change = UserRecord(user: try samples.userAnywhere()).change()
                change.messages = [Self.message("\(number)")]
                #expect(try await store.commit(change) == .committed(.primary))
            }
            let taken = try await outbox.claim(60, until: start + .hours(1), at: start).entries
            #expect(taken.count == 60)
            let rest = try await outbox.claim(60, until: start + .hours(1), at: start).entries
            #expect(Set((taken + rest).map(\.message.id)) == Set((0..<100).map { "\($0)" }))
            try await outbox.remove(taken + rest)
            #expect(try await outbox.claim(60, until: start + .hours(3), at: start + .hours(2)).entries.isEmpty)
        }
    }
}
