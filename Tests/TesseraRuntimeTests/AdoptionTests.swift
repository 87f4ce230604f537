import JSON
import TesseraCore
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraRuntime

@Suite("Adopting NextAuth.js tokens")
struct AdoptionTests {
    @Test("64 requests bring one token to two nodes at once: one session, one first generation")
    func parallelAdoption() async throws {
        let store = InMemoryStore()
        let clock = ManualClock()
        let nodes = [try await World(store, clock: clock), try await World(store, clock: clock, seed: 2)]
        let nextAuth = try nodes[0].nextAuth()
        let tokens = try await parallel(64) { try await nodes[$0 % 2].rotate(nextAuth).token }
        #expect(tokens.allSatisfy { $0 == tokens[0] } && tokens[0].generation == .first)
        let record = try await store.load(tokens[0].user)
        #expect(record.sessions.map(\.id) == [tokens[0].session])
        let claims: JSONObject = ["name": "ADA", "email": "ada@example.com", "sub": "ada"]
        #expect(tokens[0].claims == claims)
        #expect(tokens[0].authenticatedAt == clock.now)
    }

    @Test("Nodes in the middle of a change of secrets adopt one token into one session, and what ended stays ended")
    func secretRotation() async throws {
        let store = InMemoryStore()
        let clock = ManualClock()
        let old = try await World(store, clock: clock, secrets: ["old", "new"])
        let new = try await World(store, clock: clock, secrets: ["new", "old"], seed: 2)
        let nextAuth = try old.nextAuth(secret: "old")
        let (one, other) = (try await old.rotate(nextAuth), try await new.rotate(nextAuth))
        #expect(one.token == other.token)
        #expect(try await new.authenticate(one.text).active != nil)
        #expect(try await old.authenticate(other.text).active != nil)
        _ = try await old.flow.signOut(one.text, scope: .thisSession, from: World.firefox)
        try await new.node.prepare()
        #expect(try await new.authenticate(nextAuth).ending == .revoked)
        #expect(try await new.authenticate(other.text).ending == .revoked)
    }

    @Test("A lost answer to an adoption: the NextAuth.js token goes on")
    func lostAnswer() async throws {
        let (world, store) = try await InMemoryStore.world()
        let nextAuth = try world.nextAuth()
        store.faults.fail(.commit, moment: .after, times: 1)
        #expect(await flowError { _ = try await world.authenticate(nextAuth) } == .unavailable)
        world.clock.advance(by: .days(3))
        let token = try await world.rotate(nextAuth)
        #expect(token.token.generation == .first)
        #expect(try await world.authenticate(token.text).active?.generation == Generation(2))
    }

    @Test("A token issued before its user's, or everybody's, epoch was last raised is refused; a later one is not")
    func epochs() async throws {
        let (world, _) = try await InMemoryStore.world()
        let user = try #require(UserID("ada"))
        let before = try world.nextAuth(number: 1)
        world.clock.advance(by: .seconds(10))
        _ = try await world.flow.endAll(of: user, reason: .revokedByOperator)
        #expect(try await world.authenticate(before).ending == .refused(.issuedBeforeRevocation))
        world.clock.advance(by: .seconds(10))
        let between = try world.nextAuth(number: 2)
        #expect(try await world.authenticate(between).active != nil)
        let bob = try world.nextAuth("bob")
        world.clock.advance(by: .seconds(10))
        _ = try await world.flow.endEverybody(reason: .revokedByOperator)
        #expect(try await world.authenticate(bob).ending == .refused(.issuedBeforeRevocation))
        #expect(try await world.authenticate(between).ending != nil)
        world.clock.advance(by: .seconds(10))
        #expect(try await world.authenticate(try world.nextAuth("bob", number: 3)).active != nil)
    }

    @Test("Whoever ends all sessions but his own ends those that have not been taken over yet, too")
    func endingOthers() async throws {
        let (world, _) = try await InMemoryStore.world()
        let (nextAuth, elsewhere) = (try world.nextAuth(number: 1), try world.nextAuth(number: 2))
        let mine = try #require(try await world.authenticate(nextAuth).active)
        world.clock.advance(by: .seconds(10))
        _ = try await world.flow.endOthers(of: mine.token.user, keeping: mine.token.session)
        #expect(try await world.authenticate(elsewhere).ending == .refused(.issuedBeforeRevocation))
        #expect(try await world.authenticate(nextAuth).active != nil)
        world.clock.advance(by: .seconds(10))
        #expect(try await world.authenticate(try world.nextAuth(number: 3)).active != nil)
    }

    @Test("A NextAuth.js token that an operator has blocked by its jti is not adopted")
    func blocked() async throws {
        let (world, store) = try await InMemoryStore.world()
        let nextAuth = try world.nextAuth(number: 7)
        let id = try #require(TokenID("next-auth-7"))
        _ = try await world.flow.block(id, until: world.clock.now + .days(30), reason: .revokedByOperator)
        #expect(try await world.authenticate(nextAuth).ending == .revoked)
        #expect(try await store.load(try #require(UserID("ada"))).sessions.isEmpty)
        #expect(try await world.authenticate(try world.nextAuth(number: 8)).active != nil)
    }

    @Test("Switched off, at once or from a date, nothing is adopted; what was adopted before lives on")
    func switchedOff() async throws {
        let store = InMemoryStore()
        let clock = ManualClock()
        let never = try await World(store, clock: clock, adoption: .never)
        let nextAuth = try never.nextAuth()
        store.faults.resetCounts()
        #expect(try await never.authenticate(nextAuth).ending == .adoptionRefused)
        #expect(try await never.flow.update(nextAuth, data: nil, from: World.firefox).ending == .adoptionRefused)
        #expect(store.faults.totalCount == 0)
        let until = try await World(store, clock: clock, adoption: .until(clock.now + .minutes(1)), seed: 2)
        let token = try await until.rotate(nextAuth)
        clock.advance(by: .minutes(1))
        #expect(try await until.authenticate(try until.nextAuth(number: 2)).ending == .adoptionRefused)
        #expect(try await until.authenticate(token.text).active != nil)
    }

    @Test("The jwt callback sees the whole payload; nil ends the session before it begins, until its token expires")
    func callback() async throws {
        let seen = Recorder<JWTRequest>()
        let world = try await World(
            InMemoryStore(),
            callbacks: Callbacks(jwt: { request in
                seen.note(request)
                return nil
            }))
        let nextAuth = try world.nextAuth(lifetime: .days(400))
        #expect(try await world.authenticate(nextAuth).ending == .revoked)
        #expect(seen.values.first?.token["jti"] == "next-auth-1" && seen.values.first?.token["iat"] != nil)
        #expect(seen.values.first?.trigger == nil)
        for _ in 0..<3 {
            world.clock.advance(by: .days(130))
            await world.node.sweep()
            #expect(try await world.authenticate(nextAuth).ending == .revoked)
        }
        #expect(seen.values.count == 1, "asked once, and never again")
    }

    @Test("Swept out after its idle limit, an adopted session does not come back")
    func swept() async throws {
        let (world, _) = try await InMemoryStore.world()
        let nextAuth = try world.nextAuth()
        _ = try await world.authenticate(nextAuth)
        world.clock.advance(by: .days(15))
        await world.node.sweep()
        #expect(try await world.authenticate(nextAuth).ending == .refused(.unknown))
        #expect(try await world.authenticate(nextAuth).ending != nil)
    }
}
