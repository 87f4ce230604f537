import Foundation
import TesseraCore
import TesseraSQLite
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraRuntime

/// The promises of the design, as far as one node can keep them.
@Suite("Promises")
struct PromiseTests {
    // MARK: 1

    @Test("Promise 1: once a revocation has returned, the node accepts nothing that it names, and asks nobody for that")
    func boundedRevocation() async throws {
        let (world, store) = try await InMemoryStore.world()
        func check(_ what: String, _ revoke: (MintedToken) async throws -> Void) async throws {
            let token = try await world.signIn()
            #expect(try await world.authenticate(token.text).active != nil, "\(what)")
            try await revoke(token)
            store.faults.resetCounts()
            #expect(try await world.authenticate(token.text).ending == .revoked, "\(what)")
            #expect(try await world.flow.update(token.text, data: nil, from: World.firefox).ending == .revoked)
            #expect(store.faults.totalCount == 0, "\(what)")
            world.pastFreshWindow()
            #expect(try await world.authenticate(token.text).ending != nil, "\(what), when it is no longer fresh")
            world.clock.advance(by: .hours(2))
            await world.node.sweep()
            #expect(try await world.authenticate(token.text).ending != nil, "\(what), when the blocklist is empty")
        }
        try await check("sign-out") {
            _ = try await world.flow.signOut($0.text, scope: .thisSession, from: World.firefox)
        }
        try await check("everywhere") {
            _ = try await world.flow.signOut($0.text, scope: .everywhere, from: World.firefox)
        }
        try await check("own") { _ = try await world.flow.endOwn($0.token.session, of: $0.token.user) }
        try await check("by an operator") {
            _ = try await world.flow.end($0.token.session, of: $0.token.user, reason: .revokedByOperator)
        }
        try await check("others") { token in
            let other = try await world.signIn()
            _ = try await world.flow.endOthers(of: token.token.user, keeping: other.token.session)
            #expect(try await world.authenticate(other.text).active != nil)
        }
        try await check("the user") { _ = try await world.flow.endAll(of: $0.token.user, reason: .revokedByOperator) }
        try await check("everybody") { _ in _ = try await world.flow.endEverybody(reason: .revokedByOperator) }
    }

    @Test("Promise 1: a blocked jti ends its token, in every format, and the session's other tokens live on")
    func blockedToken() async throws {
        for format in [TokenFormat.standard, .reference] {
            let world = try await World(InMemoryStore(), format: format)
            let token = try await world.signIn()
            let until = world.clock.now + .days(30)
            _ = try await world.flow.block(token.token.id, until: until, reason: .revokedByOperator)
            #expect(try await world.authenticate(token.text).ending == .revoked, "\(format)")
            world.pastFreshWindow()
            #expect(try await world.authenticate(token.text).ending == .revoked, "\(format), no longer fresh")
            await world.node.sweep()
            #expect(world.flow.mirror.count == 1)
        }
    }

    // MARK: 2

    @Test("Promise 2: with the store down, fresh tokens are accepted, others neither accepted nor called signed out")
    func storeDown() async throws {
        let (world, store) = try await InMemoryStore.world()
        let old = try await world.signIn()
        world.pastFreshWindow()
        let (young, leaving) = (try await world.signIn("bob"), try await world.signIn("eve"))
        store.faults.failEverything()
        store.faults.resetCounts()
        #expect(try await world.authenticate(young.text).active != nil)
        for nothing in [nil, ""] { #expect(try await world.authenticate(nothing).isAnonymous) }
        #expect(try await world.authenticate("rubbish").ending == .invalidToken(TokenError(code: "token_malformed")))
        #expect(store.faults.totalCount == 0, "none of these touches the store")
        for _ in 0..<3 {
            #expect(await flowError { _ = try await world.authenticate(old.text) } == .unavailable)
            #expect(
                await flowError { _ = try await world.flow.update(old.text, data: nil, from: World.firefox) }
                    == .unavailable)
            #expect(await flowError { _ = try await world.signIn() } == .unavailable)
            #expect(await flowError { _ = try await world.flow.sessions(of: old.token.user) } == .unavailable)
            #expect(
                await flowError {
                    _ = try await world.flow.signOut(leaving.text, scope: .thisSession, from: World.firefox)
                } == .unavailable, "nobody is told that he is signed out when he may not be")
            #expect(try await world.authenticate(leaving.text).active != nil, "nothing has been sent to the store")
        }
        #expect(try await world.authenticate(young.text).active != nil)
        #expect(await flowError { _ = try await world.flow.endEverybody(reason: .revokedByOperator) } == .unavailable)
        #expect(
            await flowError { _ = try await world.authenticate(young.text) } == .unavailable,
            "it may have been done, and nobody is let in on a guess")
        store.faults.recover()
        #expect(try await world.authenticate(young.text).active != nil)
        await world.node.settleDoubts()
        #expect(try await world.authenticate(old.text).active?.generation == Generation(2))
        #expect(try await world.flow.signOut(young.text, scope: .thisSession, from: World.firefox))
    }

    @Test("Promise 2: a node whose mirror nobody vouches for asks the store even for a fresh token")
    func untrustedMirror() async throws {
        let store = InMemoryStore()
        let clock = ManualClock()
        let trusted = try await World(store, clock: clock)
        let token = try await trusted.signIn()
        let world = try await World(store, clock: clock, seed: 2, isPrepared: false)
        store.faults.fail(.load, moment: .before, times: 1)
        #expect(await flowError { _ = try await world.authenticate(token.text) } == .unavailable)
        #expect(try await world.authenticate(token.text).active != nil)
        _ = try await trusted.flow.end(token.token.session, of: token.token.user, reason: .signedOut)
        clock.advance(by: .seconds(2))
        #expect(try await world.authenticate(token.text).ending == .refused(.unknown), "within the bound")
    }

    // MARK: 3

    @Test("Promise 3: a restart on the same SQLite file keeps the sessions, and everything that was ended")
    func restart() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "tessera-runtime-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appending(path: "sessions.sqlite").path
        let clock = ManualClock()

        let store = try await SQLiteSessionStore.open(path)
        let before = try await World(store, clock: clock)
        let alive = try await before.signIn("alive")
        let (signedOut, blocked) = (try await before.signIn("out"), try await before.signIn("blocked"))
        let (revoked, moved) = (try await before.signIn("revoked"), try await before.signIn("moved"))
        let nextAuth = try before.nextAuth("adopted")
        _ = try await before.flow.signOut(signedOut.text, scope: .thisSession, from: World.firefox)
        _ = try await before.flow.block(blocked.token.id, until: clock.now + .days(9), reason: .revokedByOperator)
        _ = try await before.flow.endAll(of: revoked.token.user, reason: .revokedByOperator)
        let adopted = try await before.rotate(nextAuth)
        _ = try await before.flow.signOut(adopted.text, scope: .thisSession, from: World.firefox)
        _ = try await before.flow.update(moved.text, data: nil, from: World.firefox)
        try await store.close()

        let reopened = try await SQLiteSessionStore.open(path)
        let after = try await World(reopened, clock: clock, seed: 2)
        #expect(try await after.authenticate(alive.text).active?.replacement == nil)
        for token in [signedOut, blocked, revoked, adopted] {
            #expect(try await after.authenticate(token.text).ending == .revoked)
        }
        #expect(try await after.authenticate(moved.text).active?.generation == Generation(2), "no longer fresh")
        clock.advance(by: .days(8))
        await after.node.sweep()
        #expect(try await after.authenticate(nextAuth).ending == .revoked, "what ended is not adopted again")
        #expect(try await after.authenticate(blocked.text).ending == .revoked)
        try await reopened.close()
    }

    // MARK: 4

    @Test("Promise 4: any number at once get the same successor")
    func sameSuccessor() async throws {
        let (world, store) = try await InMemoryStore.world()
        var text = try await world.signIn().text
        for generation in 2...6 as ClosedRange<UInt32> {
            world.pastFreshWindow()
            let presented = text
            let tokens = try await parallel(64) { _ in try await world.rotate(presented).token }
            #expect(Set(tokens.map(\.id)).count == 1 && tokens.allSatisfy { $0 == tokens[0] })
            #expect(tokens[0].generation == Generation(generation))
            text = try await world.rotate(presented).text
        }
        #expect(store.faults.count(of: .commit) == 6, "the sign-in and one for each of five rotations")
    }

    @Test("Promise 4: the answer of a rotation is lost, again and again: the old token goes on")
    func lostAnswers() async throws {
        let (world, store) = try await InMemoryStore.world()
        let token = try await world.signIn()
        world.pastFreshWindow()
        store.faults.fail(.commit, moment: .after, times: 1)
        #expect(await flowError { _ = try await world.authenticate(token.text) } == .unavailable)
        for pause in [Duration.seconds(1), .minutes(1), .hours(1), .days(1), .days(12)] {
            world.clock.advance(by: pause)
            // Answered, and the answer never arrives.
            #expect(try await world.rotate(token.text).token.generation == Generation(2))
        }
        let arrived = try await world.rotate(token.text)
        #expect(arrived.token.generation == Generation(2))
        // Its window ran out while nobody had it; then the chain goes on.
        #expect(try await world.authenticate(arrived.text).active?.generation == Generation(3))
    }

    @Test("Promise 4: an old generation after its successor was seen in use is reuse; within the grace it is not")
    func reuse() async throws {
        let ended = Recorder<Events.SessionsEnded>()
        let world = try await World(
            InMemoryStore(), events: Events(sessionsEnded: { ended.note($0) }))
        let first = try await world.signIn()
        world.pastFreshWindow()
        let second = try await world.rotate(first.text)
        #expect(try await world.authenticate(second.text).active != nil)
        world.clock.advance(by: .seconds(30))
        #expect(try await world.rotate(first.text).token == second.token, "a slow parallel request")
        world.clock.advance(by: .seconds(1))
        #expect(ended.values.isEmpty)
        #expect(try await world.authenticate(first.text).ending == .refused(.reuse(.late)))
        #expect(ended.values.map(\.reason) == [.reuse] && ended.values.map(\.reuse) == [.late])
        #expect(ended.values[0].sessions == [first.token.session] && ended.values[0].user == first.token.user)
        #expect(try await world.authenticate(second.text).ending == .revoked)
    }

    // MARK: 5

    @Test("Promise 5: a slow rotation that commits after the sign-out does not bring the session back")
    func slowRotation() async throws {
        let base = InMemoryStore()
        let slowStore = NodeStore(base)
        let clock = ManualClock()
        let slow = try await World(slowStore, clock: clock)
        let other = try await World(base, clock: clock, seed: 2)
        let token = try await slow.signIn()
        slow.pastFreshWindow()
        let gate = slowStore.faults.hold(.commit, moment: .before)
        let rotation = Task { try await slow.authenticate(token.text) }
        await gate.waitForArrivals(1)
        #expect(try await other.flow.signOut(token.text, scope: .thisSession, from: World.firefox))
        gate.open()
        #expect(try await rotation.value.ending == .refused(.unknown))
        #expect(try await base.load(token.token.user).sessions.isEmpty)
    }

    @Test("Promise 5: a rotation that was committed before the sign-out, but is answered after it, gives nothing alive")
    func slowAnswer() async throws {
        let (world, store) = try await InMemoryStore.world()
        let token = try await world.signIn()
        world.pastFreshWindow()
        let gate = store.faults.hold(.commit, moment: .after)
        let rotation = Task { try await world.rotate(token.text) }
        await gate.waitForArrivals(1)
        let signOut = Task { try await world.flow.signOut(token.text, scope: .thisSession, from: World.firefox) }
        await gate.waitForArrivals(2)
        gate.open()
        let late = try await rotation.value
        #expect(try await signOut.value)
        #expect(late.token.generation == Generation(2))
        #expect(try await world.authenticate(late.text).ending == .revoked)
        world.pastFreshWindow()
        #expect(try await world.authenticate(late.text).ending != nil)
    }

    @Test("Promise 5: neither a late mark, nor an update, nor a NextAuth.js token brings an ended session back")
    func otherWays() async throws {
        let (world, store) = try await InMemoryStore.world()
        let nextAuth = try world.nextAuth()
        let token = try await world.rotate(nextAuth)
        _ = try await world.authenticate(token.text)
        let gate = store.faults.hold(.mark, moment: .before)
        let writing = Task { await world.node.writeMarks(all: true) }
        await gate.waitForArrivals(1)
        _ = try await world.flow.endAll(of: token.token.user, reason: .signedOutEverywhere)
        gate.open()
        await writing.value
        #expect(try await store.load(token.token.user).sessions.isEmpty)
        #expect(try await world.flow.update(token.text, data: nil, from: World.firefox).ending == .revoked)
        for _ in 0..<6 {
            #expect(try await world.authenticate(nextAuth).ending == .revoked)
            world.clock.advance(by: .days(5))
            await world.node.sweep()
        }
        world.clock.advance(by: SessionPolicy.clockSkew)
        #expect(try await world.authenticate(nextAuth).ending == .invalidToken(.expired))
        #expect(try await store.load(token.token.user).sessions.isEmpty)
    }

    @Test("Promise 5: an adoption that commits after the end of its session does not begin it anew")
    func slowAdoption() async throws {
        let base = InMemoryStore()
        let slowStore = NodeStore(base)
        let clock = ManualClock()
        let slow = try await World(slowStore, clock: clock)
        let other = try await World(base, clock: clock, seed: 2)
        let nextAuth = try slow.nextAuth()
        let gate = slowStore.faults.hold(.commit, moment: .before)
        let adoption = Task { try await slow.authenticate(nextAuth) }
        await gate.waitForArrivals(1)
        #expect(try await other.flow.signOut(nextAuth, scope: .thisSession, from: World.firefox))
        gate.open()
        #expect(try await adoption.value.ending == .refused(.unknown))
        #expect(try await base.load(try #require(UserID("ada"))).sessions.isEmpty)
    }

    // MARK: 6

    @Test("Promise 6: a fresh token is verified without asking the store, however often")
    func noRoundTrip() async throws {
        for format in [TokenFormat.standard, .reference] {
            let store = InMemoryStore()
            let world = try await World(store, format: format)
            var text = try await world.signIn().text
            _ = try await world.authenticate(text)
            store.faults.resetCounts()
            for round in 1...5 {
                for _ in 0..<200 {
                    #expect(try await world.authenticate(text).active?.replacement == nil)
                    world.clock.advance(by: .seconds(1))
                }
                #expect(store.faults.totalCount == round - 1, "\(format): once for every window")
                world.pastFreshWindow()
                text = try await world.rotate(text).text
                #expect(store.faults.totalCount == round)
            }
        }
    }

    // MARK: 7

    @Test("Promise 7: the blocklist empties after the fresh window")
    func blocklist() async throws {
        let (world, store) = try await InMemoryStore.world()
        for number in 0..<300 {
            let token = try await world.signIn("user\(number)")
            _ = try await world.flow.end(token.token.session, of: token.token.user, reason: .revokedByOperator)
        }
        #expect(world.flow.mirror.count == 300)
        #expect(try await store.revocations(at: world.clock.now).count == 300)
        world.clock.advance(by: .minutes(5))
        await world.node.sweep()
        #expect(world.flow.mirror.count == 300, "tokens may still be fresh by a clock that is 15 s behind")
        world.clock.advance(by: SessionPolicy.clockSkew)
        await world.node.sweep()
        #expect(world.flow.mirror.count == 0)
        #expect(try await store.revocations(at: Timestamp(seconds: 0)).isEmpty)
    }

    @Test("Promise 7: with 100,000 users there are never more actors than the limit")
    func actors() async throws {
        let world = try await World(InMemoryStore(), actorLimit: 500)
        var most = 0
        for number in 0..<100_000 {
            let user = try #require(UserID("user\(number)"))
            let actor = world.flow.actors[user]
            if number.isMultiple(of: 20) { _ = try await actor.read() }
            most = max(most, world.flow.actors.count)
        }
        #expect(most <= 500 && most > 400)
    }

    // MARK: 9

    @Test("Promise 9: one node on one file does it all: sign in, move on, list, end, sign out")
    func oneMachine() async throws {
        let store = try await SQLiteSessionStore.inMemory()
        let world = try await World(store)
        let (laptop, phone) = (try await world.signIn(), try await world.signIn(from: World.phone))
        world.pastFreshWindow()
        let moved = try await world.rotate(laptop.text)
        let listed = try await world.flow.sessions(of: laptop.token.user)
        #expect(listed.map(\.id) == [laptop.token.session, phone.token.session])
        #expect(listed.map(\.device.name) == ["Firefox 128, Linux", "Safari 18, iPhone"])
        let ended = try await world.flow.endOthers(of: laptop.token.user, keeping: laptop.token.session)
        #expect(ended.sessions == [phone.token.session])
        #expect(try await world.authenticate(phone.text).ending == .revoked)
        #expect(try await world.flow.signOut(moved.text, scope: .everywhere, from: World.firefox))
        #expect(try await world.flow.sessions(of: laptop.token.user).isEmpty)
        try await store.close()
    }
}

extension Authentication {
    var isAnonymous: Bool { if case .anonymous = self { true } else { false } }
}
