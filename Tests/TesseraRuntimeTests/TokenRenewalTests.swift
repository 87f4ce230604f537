import JSON
import TesseraCore
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraRuntime

@Suite("What a refresh leaves in the store")
struct TokenRenewalTests {
    @Test("A refresh that names no lifetime does not leave the old one, which is past: the provider is asked once")
    func noLifetime() async throws {
        let cluster = try await TokenCluster()
        cluster.provider.give(lifetime: nil)
        let node = try cluster.node(seed: 1)
        cluster.clock.advance(by: .hours(2))
        #expect(try await cluster.text(node) == "a1")
        #expect(try await cluster.text(node) == "a1")
        #expect(cluster.provider.calls == 1)
        #expect(try await cluster.kept()["expires_at"] == nil)
    }

    @Test("A token that lives for 30 seconds is taken by those who waited for it, and not refreshed by each")
    func shortLifetime() async throws {
        let directory = InMemoryDirectory()
        let cluster = try await TokenCluster(on: directory)
        cluster.provider.give(lifetime: 30)
        let gate = cluster.holdRefresh()
        let (one, other) = (try cluster.node(seed: 1), try cluster.node(seed: 2))
        async let first = cluster.text(one)
        try await eventually("the provider is asked") { cluster.provider.calls == 1 }
        let before = directory.calls
        async let second = cluster.text(other)
        try await eventually("the other node waits") { directory.calls >= before + 2 }
        gate.open()
        #expect(try await first == "a1")
        #expect(try await second == "a1")
        #expect(cluster.provider.calls == 1)
    }

    @Test(
        "A sign-in during a refresh wins; one without a refresh token gets the one that the refresh brought",
        arguments: [("r9", "r9"), ("r1", "r2")])
    func signInDuringRefresh(brought: String, kept: String) async throws {
        let cluster = try await TokenCluster()
        let node = try cluster.node(seed: 1)
        let gate = cluster.holdRefresh()
        async let text = cluster.text(node)
        try await eventually("the provider is asked") { cluster.provider.calls == 1 }
        let tokens: JSONObject = ["access_token": "a9", "refresh_token": .string(brought)]
        let sealed = try cluster.vault.seal(tokens, of: cluster.key, random: .seeded(9))
        #expect(try await cluster.directory.keepTokens(sealed, of: cluster.key, ifVersion: 1))
        gate.open()
        #expect(try await text == "a1")
        #expect(try await cluster.kept()["access_token"] == "a9")
        #expect(try await cluster.kept()["refresh_token"] == .string(kept))
    }

    @Test("A refused refresh token that cannot be forgotten is told all the same, and the lease is given back")
    func notForgotten() async throws {
        let directory = InMemoryDirectory()
        let cluster = try await TokenCluster(on: directory)
        let node = try cluster.node(seed: 1)
        let gate = cluster.holdRefresh()
        cluster.provider.fail(with: TokenRefreshFailure(isFinal: true, message: "invalid_grant"))
        async let result = node.accessToken(of: cluster.user, provider: "p")
        try await eventually("the provider is asked") { cluster.provider.calls == 1 }
        directory.failOnce(with: StoreError(.unavailable, "away"))
        gate.open()
        #expect(try await result == .reauthenticate)
        let answer = try await directory.lease(
            cluster.key, for: LeaseHolder(bytes: [7]), until: cluster.clock.now + .seconds(30), at: cluster.clock.now)
        let account = try #require(try await directory.account(cluster.key))
        #expect(answer == .granted(account))
    }
}
