import JSON
import TesseraCore
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraRuntime

@Suite("Updating a session")
struct UpdateTests {
    /// Merges what the browser sends, as an application would, and counts rotations.
    private static let merging = Callbacks(jwt: { request in
        var token = request.token
        if request.trigger == .update, let theme = request.session?.object?["theme"] { token["theme"] = theme }
        return token
    })

    private func world(
        _ store: any SessionStore, format: TokenFormat = .standard, clock: ManualClock = ManualClock(), seed: UInt64 = 1
    ) async throws -> World {
        try await World(store, clock: clock, format: format, callbacks: Self.merging, seed: seed)
    }

    private func update(_ world: World, _ text: String, _ theme: String) async throws -> MintedToken {
        let data: JSONValue = ["theme": .string(theme), "role": "admin"]
        return try #require(try await world.flow.update(text, data: data, from: World.firefox).active?.replacement)
    }

    @Test(
        "The callback decides what becomes of the data; older tokens stop being fresh and get the new claims",
        arguments: [TokenFormat.standard, .reference])
    func merge(format: TokenFormat) async throws {
        let world = try await world(InMemoryStore(), format: format)
        let first = try await world.signIn()
        let second = try await update(world, first.text, "dark")
        #expect(second.token.generation == Generation(2))
        #expect(second.token.claims["theme"] == "dark" && second.token.claims["role"] == nil)
        // Another tab still has the first token, which would be fresh.
        let tab = try #require(try await world.authenticate(first.text).active)
        #expect(tab.token == second.token && tab.replacement != nil)
        #expect(try await world.authenticate(second.text).active?.token.claims["theme"] == "dark")
        // It lasts over rotations.
        world.pastFreshWindow()
        let third = try await world.rotate(second.text)
        #expect(third.token.claims["theme"] == "dark")
        #expect(try await world.rotate(second.text).token == third.token)
    }

    @Test(
        "A lost answer: the browser's old token gets the updated claims, long afterwards too",
        arguments: [TokenFormat.standard, .reference])
    func lostAnswer(format: TokenFormat) async throws {
        let store = InMemoryStore()
        let world = try await world(store, format: format)
        let first = try await world.signIn()
        let before = try await update(world, first.text, "dark")
        store.faults.fail(.commit, moment: .after, times: 1)
        #expect(await flowError { _ = try await self.update(world, before.text, "light") } == .unavailable)
        world.clock.advance(by: .days(1))
        let arrived = try await world.rotate(before.text)
        #expect(arrived.token.claims["theme"] == "light" && arrived.token.generation == Generation(3))
    }

    @Test("An update that did not happen changes nothing, and can be repeated")
    func failed() async throws {
        let store = InMemoryStore()
        let world = try await world(store)
        let first = try await world.signIn()
        store.faults.fail(.commit, moment: .before, times: 1)
        #expect(await flowError { _ = try await self.update(world, first.text, "dark") } == .unavailable)
        #expect(try await world.authenticate(first.text).active?.token.claims["theme"] == nil)
        #expect(try await update(world, first.text, "dark").token.generation == Generation(2))
    }

    @Test("Two updates from one token both count: the second adds to the first")
    func twice() async throws {
        let callbacks = Callbacks(jwt: { request in
            var token = request.token
            for (name, value) in request.session?.object?.members ?? [] { token[name] = value }
            return token
        })
        let world = try await World(InMemoryStore(), callbacks: callbacks)
        let first = try await world.signIn()
        let updates: [JSONObject] = [["a": 1], ["b": 2]]
        for data in updates { _ = try await world.flow.update(first.text, data: .object(data), from: World.firefox) }
        let now = try await world.rotate(first.text)
        #expect(now.token.claims["a"] == 1 && now.token.claims["b"] == 2 && now.token.generation == Generation(3))
    }

    @Test("A NextAuth.js token can be updated: it is adopted first")
    func nextAuth() async throws {
        let world = try await world(InMemoryStore())
        let nextAuth = try world.nextAuth()
        let token = try await update(world, nextAuth, "dark")
        #expect(token.token.claims["theme"] == "dark" && token.token.claims["name"] == "ADA")
        #expect(try await world.rotate(nextAuth).token == token.token)
    }

    @Test("A token that is ahead of a store that lost writes brings its own claims, not those the store remembers")
    func storeBehind() async throws {
        let clock = ManualClock()
        let (whole, behind) = (InMemoryStore(), InMemoryStore())
        let before = try await world(whole, clock: clock)
        let first = try await before.signIn()
        let second = try await update(before, first.text, "dark")
        // The other store is what a failover left: the session as it was after the first update.
        let lost = try #require(try await whole.load(first.token.user)[first.token.session])
        _ = try await behind.commit(
            UserChange(
                user: first.token.user, expectedEpoch: .initial, expectedDeploymentEpoch: .initial,
                edits: [.create(lost)]))
        clock.advance(by: .minutes(6))
        let third = try await update(before, second.text, "light")
        let after = try await world(behind, clock: clock, seed: 2)
        clock.advance(by: .minutes(6))
        let moved = try await after.rotate(third.text)
        #expect(moved.token.generation == Generation(4) && moved.token.claims["theme"] == "light")
        #expect(try await after.rotate(third.text).token == moved.token)
    }
}

@Suite("Callbacks and events of a session's life")
struct CallbackTests {
    @Test("A jwt callback that answers nothing ends the session, at a rotation and at an update")
    func withdrawn() async throws {
        let ended = Recorder<Events.SessionsEnded>()
        let callbacks = Callbacks(jwt: { $0.user == nil ? nil : $0.token })
        let world = try await World(
            InMemoryStore(), callbacks: callbacks, events: Events(sessionsEnded: { ended.note($0) }))
        let (one, two) = (try await world.signIn(), try await world.signIn())
        #expect(try await world.flow.update(two.text, data: nil, from: World.firefox).ending == .revoked)
        world.pastFreshWindow()
        #expect(try await world.authenticate(one.text).ending == .revoked)
        #expect(try await world.flow.sessions(of: one.token.user).isEmpty)
        #expect(ended.values.map(\.reason) == [.revokedByApplication, .revokedByApplication])
        #expect(ended.values.map(\.sessions) == [[two.token.session], [one.token.session]])
    }

    @Test("A jwt callback that throws, or answers too much, keeps the session as it is")
    func failing() async throws {
        let answer = Recorder<JSONObject?>()
        let callbacks = Callbacks(jwt: { request in
            guard request.user == nil, let last = answer.values.last else { return request.token }
            guard let last else { throw Unexpected() }
            return last
        })
        let world = try await World(InMemoryStore(), callbacks: callbacks)
        let token = try await world.signIn()
        world.pastFreshWindow()
        for bad in [nil, ["blob": .string(String(repeating: "x", count: 40_000))]] as [JSONObject?] {
            answer.note(bad)
            #expect(await flowError { _ = try await world.authenticate(token.text) } == .callbackFailed)
            #expect(
                await flowError { _ = try await world.flow.update(token.text, data: 1, from: World.firefox) }
                    == .callbackFailed)
        }
        answer.note(["x": 1])
        let next = try await world.rotate(token.text)
        #expect(next.token.generation == Generation(2) && next.token.claims == ["x": 1, "sub": "ada"])
    }

    @Test("At a rotation the callback sees the token before and no trigger, once a fresh window")
    func rotation() async throws {
        let seen = Recorder<JWTRequest>()
        let callbacks = Callbacks(jwt: { request in
            seen.note(request)
            return request.token
        })
        let world = try await World(InMemoryStore(), callbacks: callbacks)
        let token = try await world.signIn()
        for _ in 0..<10 { _ = try await world.authenticate(token.text) }
        #expect(seen.values.count == 1)
        world.pastFreshWindow()
        _ = try await parallel(32) { _ in try await world.rotate(token.text) }
        #expect(seen.values.count == 2)
        let request = try #require(seen.values.last)
        #expect(request.token == token.token.payload(token.token.claims))
        #expect(request.trigger == nil && request.user == nil && request.session == nil)
    }

    @Test("What a session is told of itself: the default, or what the callback makes of it; the event says so")
    func describe() async throws {
        let told = Recorder<Events.SessionRead>()
        let callbacks = Callbacks(session: { request in
            if request.token.user.text == "broken" { throw Unexpected() }
            var session = request.session
            session["id"] = .string(request.token.user.text)
            return session
        })
        let world = try await World(
            InMemoryStore(), callbacks: callbacks, events: Events(session: { told.note($0) }))
        let token = try await world.signIn()
        let active = try #require(try await world.authenticate(token.text).active)
        let answer = try await world.flow.describe(active)
        let user: JSONObject = ["name": "ADA", "email": "ada@example.com"]
        #expect(answer == ["user": .object(user), "expires": .string(token.expires.iso8601), "id": "ada"])
        #expect(told.values.map(\.session) == [answer])
        let broken = try #require(try await world.authenticate(try await world.signIn("broken").text).active)
        #expect(await flowError { _ = try await world.flow.describe(broken) } == .callbackFailed)
    }

    /// Who presents the old token, under which policy, and what that comes to.
    struct ReuseCase: Sendable {
        let policy: SessionPolicy.ReuseResponse
        let origin: RequestOrigin
        let wait: Duration
        let kind: ReuseKind
        let endsUser: Bool
    }

    @Test(
        "Reuse: its kind, what it ends as the policy says, and the event",
        arguments: [
            ReuseCase(policy: .revokeSession, origin: World.firefox, wait: .minutes(1), kind: .late, endsUser: false),
            ReuseCase(policy: .revokeSession, origin: World.firefox, wait: .hours(1), kind: .longPast, endsUser: false),
            ReuseCase(
                policy: .revokeSession, origin: World.phone, wait: .minutes(1), kind: .otherDevice, endsUser: false),
            ReuseCase(
                policy: .revokeUserOnOtherDevice, origin: World.phone, wait: .minutes(1), kind: .otherDevice,
                endsUser: true),
            ReuseCase(
                policy: .revokeUserOnOtherDevice, origin: World.firefox, wait: .minutes(1), kind: .late, endsUser: false
            ),
            ReuseCase(policy: .revokeUser, origin: World.firefox, wait: .minutes(1), kind: .late, endsUser: true),
        ])
    func reuse(_ reuse: ReuseCase) async throws {
        let ended = Recorder<Events.SessionsEnded>()
        var policy = SessionPolicy.consumer
        policy.onReuse = reuse.policy
        let world = try await World(
            InMemoryStore(), policy: policy, events: Events(sessionsEnded: { ended.note($0) }))
        let (first, bystander) = (try await world.signIn(), try await world.signIn())
        world.pastFreshWindow()
        let second = try await world.rotate(first.text)
        _ = try await world.authenticate(second.text)
        world.clock.advance(by: reuse.wait)
        #expect(try await world.authenticate(first.text, from: reuse.origin).ending == .refused(.reuse(reuse.kind)))
        #expect(try await world.authenticate(second.text).ending == .revoked)
        #expect(try await (world.authenticate(bystander.text).active == nil) == reuse.endsUser)
        let event = try #require(ended.values.first)
        #expect(ended.values.count == 1 && event.reason == .reuse && event.reuse == reuse.kind)
        let expected = reuse.endsUser ? [first.token.session, bystander.token.session] : [first.token.session]
        #expect(Set(event.sessions) == Set(expected))
    }

    @Test("A session past its idle limit is refused as expired, one past its absolute limit too")
    func limits() async throws {
        let (world, _) = try await InMemoryStore.world()
        let token = try await world.signIn()
        var text = token.text
        for _ in 0..<3 {
            world.clock.advance(by: .days(9))
            text = try await world.rotate(text).text
        }
        world.clock.advance(by: .days(4))
        #expect(try await world.authenticate(text).ending == .invalidToken(.expired), "30 days after the sign-in")
        let idle = try await World(InMemoryStore(), policy: .aal2)
        let short = try await idle.signIn()
        idle.clock.advance(by: .hours(1))
        #expect(
            try await idle.authenticate(short.text).ending == .refused(.expired), "the clocks' tolerance is not ours")
    }
}
