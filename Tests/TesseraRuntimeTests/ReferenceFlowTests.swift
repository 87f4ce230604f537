import JSON
import TesseraCore
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraRuntime

@Suite("Reference tokens end to end")
struct ReferenceFlowTests {
    private func world(_ store: any SessionStore = InMemoryStore(), clock: ManualClock = ManualClock()) async throws
        -> World
    {
        try await World(store, clock: clock, format: .reference)
    }

    @Test("The cookie says nothing; the claims are in the store, sealed, and survive rotations and restarts")
    func claims() async throws {
        let store = InMemoryStore()
        let clock = ManualClock()
        let world = try await world(store, clock: clock)
        let token = try await world.signIn()
        let claims: JSONObject = ["name": "ADA", "email": "ada@example.com", "sub": "ada"]
        #expect(try await world.authenticate(token.text).active?.token.claims == claims)
        let kept = try #require(try await store.load(token.token.user)[token.token.session]?.claims)
        #expect(!String(decoding: kept, as: UTF8.self).contains("ada"))
        world.pastFreshWindow()
        let second = try await world.rotate(token.text)
        #expect(second.token.claims == claims)
        let restarted = try await self.world(store, clock: clock)
        #expect(try await restarted.authenticate(second.text).active?.token.claims == claims)
    }

    @Test("Any number at once get the same successor, and a lost answer signs nobody out")
    func rotation() async throws {
        let store = InMemoryStore()
        let world = try await world(store)
        let token = try await world.signIn()
        world.pastFreshWindow()
        store.faults.fail(.commit, moment: .after, times: 1)
        #expect(await flowError { _ = try await world.authenticate(token.text) } == .unavailable)
        let texts = try await parallel(64) { _ in try await world.rotate(token.text).text }
        #expect(Set(texts).count == 1)
        #expect(try await world.authenticate(texts[0]).active?.generation == Generation(2))
        world.clock.advance(by: .minutes(2))
        #expect(try await world.authenticate(token.text).ending == .refused(.reuse(.late)))
        #expect(try await world.authenticate(texts[0]).ending == .revoked)
    }

    @Test("Forged and foreign references never reach the store")
    func forged() async throws {
        let store = InMemoryStore()
        let world = try await world(store)
        let token = try await world.signIn()
        store.faults.resetCounts()
        for text in [token.text + "A", String(token.text.dropLast()), "\(SessionID(high: 1, low: 1)).1.AAAA"] {
            #expect(try await world.authenticate(text).ending != nil)
        }
        #expect(store.faults.totalCount == 0)
    }

    @Test("Ended by epoch, elsewhere or by a limit, a reference lets nobody in")
    func endings() async throws {
        let store = InMemoryStore()
        let clock = ManualClock()
        let world = try await world(store, clock: clock)
        let other = try await self.world(store, clock: clock)
        let (one, two, three) = (try await world.signIn("a"), try await world.signIn("b"), try await world.signIn("c"))
        for token in [one, two, three] { _ = try await world.authenticate(token.text) }
        _ = try await world.flow.endAll(of: one.token.user, reason: .revokedByOperator)
        #expect(try await world.authenticate(one.text).ending != nil)
        _ = try await other.flow.end(two.token.session, of: two.token.user, reason: .revokedByOperator)
        world.flow.mirror.insert(try await store.revocations(at: clock.now))
        #expect(try await world.authenticate(two.text).ending == .revoked)
        clock.advance(by: .days(15))
        #expect(try await world.authenticate(three.text).ending == .refused(.expired))
        await world.node.sweep()
        #expect(try await other.authenticate(three.text).ending == .refused(.unknown))
    }
}
