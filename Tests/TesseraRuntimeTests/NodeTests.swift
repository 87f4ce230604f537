import Logging
import ServiceLifecycle
import TesseraCore
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraRuntime

@Suite("A node beside its requests")
struct NodeTests {
    private func lastUse(_ world: World, _ token: MintedToken) async throws -> SessionRecord.Use? {
        try await world.store.load(token.token.user)[token.token.session]?.lastUse
    }

    @Test("Marks are written when they are due, and confirm the generation")
    func marks() async throws {
        let (world, store) = try await InMemoryStore.world()
        let token = try await world.signIn()
        world.clock.advance(by: .seconds(7))
        for _ in 0..<10 { _ = try await world.authenticate(token.text) }
        await world.node.writeMarks(all: false)
        let expected = SessionRecord.Use(at: world.clock.now, generation: .first)
        #expect(try await lastUse(world, token) == expected)
        await world.node.writeMarks(all: false)
        #expect(store.faults.count(of: .mark) == 1)
        world.clock.advance(by: .seconds(5))
        _ = try await world.authenticate(token.text)
        await world.node.writeMarks(all: false)
        #expect(try await lastUse(world, token) == expected, "not again within the interval")
        world.clock.advance(by: .seconds(25))
        await world.node.writeMarks(all: false)
        #expect(try await lastUse(world, token)?.at == world.clock.now - .seconds(25))
    }

    @Test("Marks that cannot be written stay, and are written later")
    func failingMarks() async throws {
        let (world, store) = try await InMemoryStore.world()
        let token = try await world.signIn()
        world.clock.advance(by: .seconds(7))
        _ = try await world.authenticate(token.text)
        store.faults.fail(.mark, moment: .before)
        await world.node.writeMarks(all: false)
        store.faults.recover()
        await world.node.writeMarks(all: false)
        #expect(try await lastUse(world, token)?.at == world.clock.now)
    }

    @Test("A mark that the store does not know ends the session here, for as long as its tokens can be fresh")
    func unknownMarks() async throws {
        let store = InMemoryStore()
        let clock = ManualClock()
        let world = try await World(store, clock: clock)
        let other = try await World(store, clock: clock, seed: 2)
        let token = try await world.signIn()
        // Ended elsewhere; this node has not heard of it.
        _ = try await other.flow.end(token.token.session, of: token.token.user, reason: .revokedByUser)
        #expect(try await world.authenticate(token.text).active != nil)
        await world.node.writeMarks(all: false)
        store.faults.resetCounts()
        #expect(try await world.authenticate(token.text).ending == .revoked)
        #expect(store.faults.totalCount == 0)
        await world.node.writeMarks(all: true)
        #expect(store.faults.count(of: .mark) == 0, "there is nothing left to write")
        world.pastFreshWindow()
        clock.advance(by: SessionPolicy.clockSkew)
        await world.node.sweep()
        #expect(world.flow.mirror.count == 0)
        #expect(try await world.authenticate(token.text).ending == .refused(.unknown))
    }

    @Test("A node that stops writes what is unwritten first", arguments: [true, false])
    func shutdown(isGraceful: Bool) async throws {
        let (world, store) = try await InMemoryStore.world()
        let token = try await world.signIn()
        _ = try await world.authenticate(token.text)
        await world.node.writeMarks(all: false)
        world.clock.advance(by: .seconds(3))
        _ = try await world.authenticate(token.text)
        if isGraceful {
            let group = ServiceGroup(services: [world.node], logger: world.flow.logger)
            let running = Task { try await group.run() }
            await group.triggerGracefulShutdown()
            try await running.value
        } else {
            let running = Task { try await world.node.run() }
            running.cancel()
            try await running.value
        }
        #expect(try await lastUse(world, token)?.at == world.clock.now)
        #expect(store.faults.count(of: .mark) == 2)
    }

    @Test("Sweeping drops what has expired in the store and the mirror, and fails quietly")
    func sweep() async throws {
        let (world, store) = try await InMemoryStore.world()
        let (gone, kept) = (try await world.signIn(), try await world.signIn("bob"))
        _ = try await world.flow.end(gone.token.session, of: gone.token.user, reason: .signedOut)
        #expect(world.flow.mirror.count == 1)
        world.clock.advance(by: .days(15))
        store.faults.fail(.sweep, moment: .before, times: 1)
        await world.node.sweep()
        #expect(world.flow.mirror.count == 0)
        #expect(try await store.load(kept.token.user).sessions.count == 1)
        await world.node.sweep()
        #expect(try await store.load(kept.token.user).sessions.isEmpty)
        #expect(try await store.revocations(at: Timestamp(seconds: 0)).isEmpty)
    }

    @Test("A node that cannot read the blocklist is not prepared")
    func unprepared() async throws {
        let store = InMemoryStore()
        store.faults.fail(.revocations, moment: .before)
        let world = try await World(store, isPrepared: false)
        await #expect(throws: StoreError.self) { try await world.node.prepare() }
        #expect(!world.flow.mirror.isTrusted(at: world.clock.wallClock().reading()))
        store.faults.recover()
        try await world.node.prepare()
        world.clock.advance(by: .days(1000))
        #expect(world.flow.mirror.isTrusted(at: world.clock.wallClock().reading()))
    }
}
