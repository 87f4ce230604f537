import JSON
import TesseraCore
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraRuntime

@Suite("Signing in")
struct SignInTests {
    @Test("A sign-in makes a session with the user's claims, the device and the time of authentication")
    func session() async throws {
        let (world, store) = try await InMemoryStore.world()
        let token = try await world.signIn()
        let claims: JSONObject = ["name": "ADA", "email": "ada@example.com", "sub": "ada"]
        #expect(token.token.claims == claims)
        #expect(token.token.generation == .first && token.token.authenticatedAt == world.clock.now)
        let session = try #require(try await store.load(token.token.user)[token.token.session])
        #expect(session.device.name == "Firefox 128, Linux" && session.device.network == "192.0.2.0/24")
        #expect(try await world.signIn().token.session != token.token.session, "always a new one")
        guard case .wrongCredentials = try await world.attempt("nobody") else {
            Issue.record("nobody is somebody")
            return
        }
    }

    @Test(
        "The same user signing in again replaces his session in one step",
        arguments: [TokenFormat.standard, .reference])
    func sameUser(format: TokenFormat) async throws {
        let ended = Recorder<Events.SessionsEnded>()
        let store = InMemoryStore()
        let world = try await World(store, format: format, events: Events(sessionsEnded: { ended.note($0) }))
        let first = try await world.signIn()
        store.faults.resetCounts()
        let second = try await world.signIn(previous: first.text)
        #expect(store.faults.count(of: .commit) == 1)
        #expect(try await store.load(first.token.user).sessions.map(\.id) == [second.token.session])
        #expect(try await world.authenticate(first.text).ending == .revoked)
        #expect(try await world.authenticate(second.text).active != nil)
        #expect(ended.values.map(\.reason) == [.replaced] && ended.values.first?.sessions == [first.token.session])
    }

    @Test(
        "Another user's session in the same browser ends before the new one begins",
        arguments: [TokenFormat.standard, .reference])
    func otherUser(format: TokenFormat) async throws {
        let store = InMemoryStore()
        let world = try await World(store, format: format)
        let first = try await world.signIn()
        let second = try await world.signIn("bob", previous: first.text)
        #expect(try await world.authenticate(first.text).ending == .revoked)
        #expect(try await store.load(first.token.user).sessions.isEmpty)
        #expect(second.token.user == UserID("bob"))
        store.faults.fail(.commit, moment: .before, times: 1)
        #expect(await flowError { _ = try await world.signIn("carol", previous: second.text) } == .unavailable)
        #expect(try await store.load(try #require(UserID("carol"))).sessions.isEmpty)
    }

    @Test(
        "What a NextAuth.js token in the browser stands for makes way too, adopted yet or not",
        arguments: [true, false])
    func nextAuth(isAdopted: Bool) async throws {
        let (world, store) = try await InMemoryStore.world()
        let nextAuth = try world.nextAuth()
        if isAdopted { _ = try await world.authenticate(nextAuth) }
        let token = try await world.signIn(previous: nextAuth)
        #expect(try await world.authenticate(nextAuth).ending == .revoked)
        world.clock.advance(by: .days(10))
        await world.node.sweep()
        #expect(try await world.authenticate(nextAuth).ending == .revoked)
        #expect(try await store.load(token.token.user).sessions.map(\.id) == [token.token.session])
    }

    @Test("A sign-in that fails leaves the session that was there")
    func failing() async throws {
        let (world, store) = try await InMemoryStore.world()
        let first = try await world.signIn()
        store.faults.fail(.commit, moment: .before, times: 1)
        #expect(await flowError { _ = try await world.signIn(previous: first.text) } == .unavailable)
        #expect(try await world.authenticate(first.text).active != nil)
        #expect(try await store.load(first.token.user).sessions.count == 1)
    }

    @Test("A user has so many sessions and no more: the oldest ends, and the application is told")
    func sessionsPerUser() async throws {
        let ended = Recorder<Events.SessionsEnded>()
        var policy = SessionPolicy.consumer
        policy.sessionsPerUser = 3
        let world = try await World(
            InMemoryStore(), policy: policy, events: Events(sessionsEnded: { ended.note($0) }))
        var tokens: [MintedToken] = []
        for _ in 0..<4 {
            tokens.append(try await world.signIn())
            world.clock.advance(by: .seconds(1))
        }
        #expect(try await world.authenticate(tokens[0].text).ending == .revoked)
        for token in tokens.dropFirst() { #expect(try await world.authenticate(token.text).active != nil) }
        #expect(ended.values.map(\.reason) == [.tooManySessions])
    }

    @Test("The signIn callback allows, denies, sends elsewhere, refuses with a message, or fails")
    func verdicts() async throws {
        let attempts = Recorder<SignInAttempt>()
        let callbacks = Callbacks(signIn: { attempt in
            attempts.note(attempt)
            switch attempt.user.id {
            case "denied": return .deny
            case "elsewhere": return .redirect("/verify")
            case "refused": throw SignInRejection("Not on Sundays")
            case "broken": throw Unexpected()
            default: return .allow
            }
        })
        let store = InMemoryStore()
        let world = try await World(store, callbacks: callbacks)
        store.faults.resetCounts()
        guard case .denied = try await world.attempt("denied"),
            case .redirect("/verify") = try await world.attempt("elsewhere"),
            case .rejected("Not on Sundays") = try await world.attempt("refused")
        else {
            Issue.record("a verdict was not followed")
            return
        }
        #expect(await flowError { _ = try await world.attempt("broken") } == .callbackFailed)
        #expect(store.faults.totalCount == 0, "none of them reaches the store")
        guard case .signedIn(_, isNewUser: false) = try await world.attempt("ada") else {
            Issue.record("not let in")
            return
        }
        let attempt = try #require(attempts.values.last)
        #expect(attempt.account == Account(provider: "credentials", type: .credentials, providerAccountID: "ada"))
        #expect(attempt.credentials?["username"] == "ada" && !attempt.isEmailRequest)
    }

    @Test("authorize may refuse with a message, or fail; a user without a usable id is an error")
    func authorize() async throws {
        let (world, store) = try await InMemoryStore.world()
        func provider(_ authorize: @escaping CredentialsProvider.Authorize) -> CredentialsProvider {
            CredentialsProvider(id: "c", name: "C", fields: [], authorize: authorize)
        }
        guard
            case .rejected("Locked") = try await world.attempt(
                "ada", provider: provider { _, _ in throw SignInRejection("Locked") })
        else {
            Issue.record("the message was lost")
            return
        }
        #expect(
            await flowError { _ = try await world.attempt("ada", provider: provider { _, _ in throw Unexpected() }) }
                == .callbackFailed)
        for id in ["", String(repeating: "x", count: 257), "a\u{0}b"] {
            #expect(
                await flowError {
                    _ = try await world.attempt("ada", provider: provider { _, _ in UserProfile(id: id) })
                } == .invalidUser)
        }
        #expect(store.faults.totalCount == 0)
    }

    @Test("The jwt callback sees user, account and trigger at sign-in; nil denies, claims too large are an error")
    func jwtAtSignIn() async throws {
        let seen = Recorder<JWTRequest>()
        let callbacks = Callbacks(jwt: { request in
            seen.note(request)
            switch request.user?.id {
            case "none": return nil
            case "large": return ["blob": .string(String(repeating: "x", count: SessionTokens.claimsLimit))]
            case "broken": throw Unexpected()
            default:
                var token = request.token
                token["role"] = "admin"
                token["sid"] = "mine"
                return token
            }
        })
        let store = InMemoryStore()
        let world = try await World(store, callbacks: callbacks)
        store.faults.resetCounts()
        guard case .denied = try await world.attempt("none") else {
            Issue.record("let in without claims")
            return
        }
        #expect(await flowError { _ = try await world.attempt("large") } == .callbackFailed)
        #expect(await flowError { _ = try await world.attempt("broken") } == .callbackFailed)
        #expect(store.faults.totalCount == 0)
        let token = try await world.signIn()
        #expect(token.token.claims["role"] == "admin" && token.token.claims["sid"] == nil)
        let request = try #require(seen.values.last)
        #expect(request.trigger == .signIn && request.account?.provider == "credentials" && request.isNewUser == false)
        #expect(request.token == ["name": "ADA", "email": "ada@example.com", "sub": "ada"])
    }

    @Test("The application is told of a sign-in; what its handler throws changes nothing")
    func event() async throws {
        let told = Recorder<Events.SignIn>()
        let world = try await World(
            InMemoryStore(),
            events: Events(signIn: { event in
                told.note(event)
                throw Unexpected()
            }))
        let token = try await world.signIn()
        #expect(told.values.map(\.session) == [token.token.session])
        #expect(told.values.first?.user.email == "ada@example.com" && told.values.first?.isNewUser == false)
    }
}

@Suite("Signing out")
struct SignOutTests {
    @Test("This session, with any token of it; everywhere, with a living one only")
    func scopes() async throws {
        let told = Recorder<SessionToken>()
        let world = try await World(InMemoryStore(), events: Events(signOut: { told.note($0.token) }))
        let (one, two, three) = (try await world.signIn(), try await world.signIn(), try await world.signIn())
        #expect(try await world.flow.signOut(one.text, scope: .thisSession, from: World.firefox))
        #expect(try await world.authenticate(two.text).active != nil)
        #expect(try await !world.flow.signOut(one.text, scope: .everywhere, from: World.firefox), "it is dead")
        #expect(try await world.authenticate(two.text).active != nil)
        #expect(try await world.flow.signOut(two.text, scope: .everywhere, from: World.firefox))
        #expect(try await world.authenticate(three.text).ending == .revoked)
        #expect(told.values.map(\.session) == [one.token.session, two.token.session])
        for nothing in [nil, "", "rubbish"] {
            #expect(try await !world.flow.signOut(nothing, scope: .thisSession, from: World.firefox))
        }
        #expect(told.values.count == 2)
    }

    @Test("An old generation ends its own session, and signing out twice is signing out")
    func oldGeneration() async throws {
        let (world, _) = try await InMemoryStore.world()
        let first = try await world.signIn()
        world.pastFreshWindow()
        let second = try await world.rotate(first.text)
        #expect(try await world.flow.signOut(first.text, scope: .thisSession, from: World.firefox))
        #expect(try await world.authenticate(second.text).ending == .revoked)
        #expect(try await world.flow.signOut(second.text, scope: .thisSession, from: World.firefox))
    }

    @Test("A lost answer to a sign-out: it may have happened; trying again makes it certain")
    func lostAnswer() async throws {
        let (world, store) = try await InMemoryStore.world()
        let token = try await world.signIn()
        store.faults.fail(.commit, moment: .after, times: 1)
        #expect(
            await flowError { _ = try await world.flow.signOut(token.text, scope: .thisSession, from: World.firefox) }
                == .unavailable)
        #expect(try await world.flow.signOut(token.text, scope: .thisSession, from: World.firefox))
        #expect(try await world.authenticate(token.text).ending == .revoked)
    }

    @Test("After a lost answer the store is asked, until the node has read what it may have missed")
    func lostEnding() async throws {
        let (world, store) = try await InMemoryStore.world()
        let (mine, other) = (try await world.signIn(), try await world.signIn())
        let user = mine.token.user
        store.faults.fail(.commit, moment: .after, times: 1)
        #expect(
            await flowError { _ = try await world.flow.endOthers(of: user, keeping: mine.token.session) }
                == .unavailable)
        #expect(try await world.flow.endOthers(of: user, keeping: mine.token.session).sessions.isEmpty)
        #expect(try await world.authenticate(other.text).ending == .refused(.unknown))
        #expect(try await world.authenticate(mine.text).active != nil)
        await world.node.settleDoubts()
        store.faults.resetCounts()
        #expect(try await world.authenticate(other.text).ending == .revoked)
        #expect(try await world.authenticate(mine.text).active != nil)
        #expect(store.faults.totalCount == 0)
    }

    @Test("After a lost answer, whatever was asked for, no token that it names is accepted on a guess")
    func lostRevocations() async throws {
        let (world, store) = try await InMemoryStore.world()
        let (ada, bob) = (try await world.signIn(), try await world.signIn("bob"))
        store.faults.fail(.block, moment: .after, times: 1)
        let expires = ada.token.expires
        #expect(
            await flowError {
                _ = try await world.flow.block(ada.token.id, until: expires, reason: .revokedByOperator)
            } == .unavailable)
        store.faults.fail(.ping, moment: .before, times: 1)
        await world.node.settleDoubts()
        #expect(!world.flow.mirror.isTrusted(at: world.clock.now), "the store could not be asked")
        await world.node.settleDoubts()
        #expect(try await world.authenticate(ada.text).ending == .revoked)
        store.faults.fail(.revokeEverybody, moment: .after, times: 1)
        #expect(await flowError { _ = try await world.flow.endEverybody(reason: .revokedByOperator) } == .unavailable)
        #expect(try await world.authenticate(bob.text).active == nil)
        await world.node.settleDoubts()
        #expect(try await world.authenticate(bob.text).ending == .revoked)
    }

    @Test("A doubt that comes while the mirror is filled is not forgotten")
    func doubtWhileFilling() async throws {
        let (world, store) = try await InMemoryStore.world()
        let now = world.clock.now
        for user in [UserID("ada"), nil] {
            let gate = store.faults.hold(.revocations, moment: .after)
            let filling = Task { try await world.node.prepare() }
            await gate.waitForArrivals(1)
            world.flow.mirror.doubt(user)
            gate.open()
            try await filling.value
            #expect(!world.flow.mirror.isWhole(at: now) && world.flow.mirror.isTrusted(at: now) == (user != nil))
            await world.node.settleDoubts()
            #expect(world.flow.mirror.isWhole(at: now))
        }
    }

    @Test("A reference token signs out, and a NextAuth.js token that was never adopted cannot be adopted afterwards")
    func otherTokens() async throws {
        let world = try await World(InMemoryStore(), format: .reference)
        let token = try await world.signIn()
        #expect(try await world.flow.signOut(token.text, scope: .thisSession, from: World.firefox))
        #expect(try await world.authenticate(token.text).ending == .revoked)
        let nextAuth = try world.nextAuth()
        #expect(try await world.flow.signOut(nextAuth, scope: .thisSession, from: World.firefox))
        world.clock.advance(by: .days(29))
        await world.node.sweep()
        #expect(try await world.authenticate(nextAuth).ending == .revoked)
    }

    @Test("A user ends his own sessions only; the operator any, known or not")
    func ownership() async throws {
        let (world, _) = try await InMemoryStore.world()
        let (ada, bob) = (try await world.signIn(), try await world.signIn("bob"))
        #expect(try await world.flow.endOwn(bob.token.session, of: ada.token.user).sessions.isEmpty)
        #expect(try await world.authenticate(bob.text).active != nil)
        let unknown = SessionID(high: 1, low: 1)
        let user = ada.token.user
        #expect(try await world.flow.end(unknown, of: user, reason: .revokedByOperator).sessions.isEmpty)
        #expect(world.flow.mirror.isEnded(unknown))
    }
}
