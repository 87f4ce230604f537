import TesseraCore
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraRuntime

/// What is blocked by its `jti` is in no user's record: a node that nobody vouches for has to ask for it by that name.
@Suite("Tokens that are blocked by their jti, at a node whose mirror nobody vouches for")
struct BlockedTokenTests {
    private struct Place {
        let store = InMemoryStore()
        let clock = ManualClock()
        let trusted: World
        let untrusted: World

        init(_ format: TokenFormat = .standard) async throws {
            trusted = try await World(store, clock: clock, format: format)
            untrusted = try await World(store, clock: clock, format: format, seed: 2, isPrepared: false)
        }

        func block(_ id: TokenID) async throws {
            let revocation = Revocation(fact: .token(id), expires: clock.now + .days(30), reason: .revokedByOperator)
            try await store.block(revocation)
        }
    }

    @Test("A fresh one is not let in, and one that is not fresh gets no successor", arguments: [true, false])
    func own(_ isFresh: Bool) async throws {
        let place = try await Place()
        let (token, other) = (try await place.trusted.signIn(), try await place.trusted.signIn("bob"))
        try await place.block(token.token.id)
        if !isFresh { place.trusted.pastFreshWindow() }
        #expect(try await place.untrusted.authenticate(token.text).ending == .revoked)
        #expect(try await place.store.load(token.token.user)[token.token.session]?.generation == .first)
        #expect(try await place.untrusted.authenticate(other.text).active != nil)
    }

    @Test("Its session is not updated")
    func update() async throws {
        let place = try await Place()
        let token = try await place.trusted.signIn()
        try await place.block(token.token.id)
        let answer = try await place.untrusted.flow.update(token.text, data: nil, from: World.firefox)
        #expect(answer.ending == .revoked)
    }

    @Test("A reference token is not let in")
    func reference() async throws {
        let place = try await Place(.reference)
        let token = try await place.trusted.signIn()
        try await place.block(token.token.id)
        #expect(try await place.untrusted.authenticate(token.text).ending == .revoked)
    }

    @Test("A NextAuth.js token is not adopted")
    func nextAuth() async throws {
        let place = try await Place()
        try await place.block(try #require(TokenID("next-auth-7")))
        #expect(try await place.untrusted.authenticate(try place.trusted.nextAuth(number: 7)).ending == .revoked)
        #expect(try await place.store.load(try #require(UserID("ada"))).sessions.isEmpty)
        #expect(try await place.untrusted.authenticate(try place.trusted.nextAuth(number: 8)).active != nil)
    }

    @Test("Where the store does not say, nobody is let in, nor signed out; a node that is vouched for does not ask")
    func notAnswered() async throws {
        let place = try await Place()
        let token = try await place.trusted.signIn()
        place.store.faults.fail(.isBlocked, moment: .before)
        #expect(await flowError { _ = try await place.untrusted.authenticate(token.text) } == .unavailable)
        place.trusted.pastFreshWindow()
        #expect(await flowError { _ = try await place.untrusted.authenticate(token.text) } == .unavailable)
        #expect(try await place.trusted.authenticate(token.text).active?.replacement != nil)
    }
}
