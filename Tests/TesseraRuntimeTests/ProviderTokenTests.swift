import Foundation
import JSON
import Logging
import RedisClient
import RedisServers
import TesseraCore
import TesseraRedis
import TesseraTestKit
import TesseraTokens
import Testing

@testable import TesseraRuntime

@Suite("Access tokens of providers")
struct ProviderTokenTests {
    @Test("A token that is valid is given out as it is, and nobody is asked")
    func valid() async throws {
        let cluster = try await TokenCluster()
        let node = try cluster.node(seed: 1)
        let result = try await node.accessToken(of: cluster.user, provider: "p")
        let expected = RequestFlow.AccessToken(
            account: cluster.key, text: "a0", type: "Bearer", scope: "read", expires: cluster.clock.now + .hours(1))
        #expect(result == .token(expected))
        #expect(cluster.provider.calls == 0)
        #expect(try await node.accessToken(of: cluster.user, provider: "other") == .unknownAccount)
        #expect(try await node.accessToken(of: cluster.user, provider: "p", account: "2") == .unknownAccount)
        let stranger = try #require(UserID("bob"))
        #expect(try await node.accessToken(of: stranger, provider: "p") == .unknownAccount)
    }

    @Test("One that is about to expire is refreshed, and what the provider leaves out stays")
    func refreshed() async throws {
        let cluster = try await TokenCluster()
        let node = try cluster.node(seed: 1)
        cluster.clock.advance(by: .seconds(3541))
        #expect(try await cluster.text(node) == "a1")
        #expect(try await cluster.text(node) == "a1")
        #expect(cluster.provider.calls == 1)
        let kept = try await cluster.kept()
        #expect(kept["refresh_token"] == "r2")
        #expect(kept["scope"] == "read")
    }

    @Test("A refresh token that the provider does not replace is used again")
    func notRotated() async throws {
        let cluster = try await TokenCluster()
        cluster.provider.omitRefreshToken()
        let node = try cluster.node(seed: 1)
        for round in 1...3 {
            cluster.clock.advance(by: .hours(2))
            #expect(try await cluster.text(node) == "a\(round)")
        }
        #expect(try await cluster.kept()["refresh_token"] == "r1")
    }

    @Test("Once, however many ask at the same time on however many nodes; the rotated refresh token is kept")
    func once() async throws { try await once(try await TokenCluster()) }

    @Test("The same over Redis, where the lease is in a script", arguments: [false, true])
    func onceOverRedis(isCluster: Bool) async throws {
        let url =
            isCluster
            ? try await SharedServers.cluster.value.url : try await SharedServers.standalone.value.url
        var configuration = try RedisConfiguration(url: url)
        // The machine that tests run on may be busy.
        configuration.commandTimeout = .seconds(20)
        let client = RedisClient(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let keys = try #require(Keyspace(prefix: "tokens-\(UUID())", shards: .single))
        try await withThrowingTaskGroup { group in
            group.addTask { try await client.run() }
            defer { group.cancelAll() }
            let directory = RedisDirectory(client: client, keys: keys)
            try await once(try await TokenCluster(on: directory))
        }
    }

    private func once(_ cluster: TokenCluster) async throws {
        let nodes = try (1...3).map { try cluster.node(seed: UInt64($0)) }
        for round in 1...3 {
            cluster.clock.advance(by: .hours(2))
            let texts = try await withThrowingTaskGroup(of: String?.self) { group in
                for number in 0..<30 { group.addTask { try await cluster.text(nodes[number % 3]) } }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(texts == ["a\(round)"])
            #expect(cluster.provider.calls == round)
            #expect(try await cluster.kept()["refresh_token"] == .string("r\(round + 1)"))
        }
        #expect(!cluster.provider.isStolen)
    }

    @Test("Without the lease, two nodes would use one refresh token twice: the test can tell")
    func withoutLease() async throws {
        let cluster = try await TokenCluster()
        let tokens = try await cluster.kept()
        _ = try await cluster.provider.refresh(tokens)
        await #expect(throws: TokenRefreshFailure.self) { _ = try await cluster.provider.refresh(tokens) }
        #expect(cluster.provider.isStolen)
    }

    @Test("A caller who goes away does not cut a refresh off: its refresh token is kept")
    func cancelled() async throws {
        let cluster = try await TokenCluster()
        let node = try cluster.node(seed: 1)
        let gate = cluster.holdRefresh()
        let caller = Task { try await cluster.text(node) }
        try await eventually("the provider is asked") { cluster.provider.calls == 1 }
        caller.cancel()
        gate.open()
        await node.settings.accounts?.refreshes.drain()
        _ = try? await caller.value
        #expect(try await cluster.kept()["refresh_token"] == "r2")
    }

    @Test("A refresh token that the provider refuses for good is not tried again")
    func refused() async throws {
        let cluster = try await TokenCluster()
        let node = try cluster.node(seed: 1)
        cluster.clock.advance(by: .hours(2))
        cluster.provider.fail(with: TokenRefreshFailure(isFinal: true, message: "invalid_grant"))
        for _ in 0..<3 {
            #expect(try await node.accessToken(of: cluster.user, provider: "p") == .reauthenticate)
        }
        #expect(cluster.provider.calls == 1)
        #expect(try await cluster.kept()["refresh_token"] == nil)
    }

    @Test("A provider that is down costs nothing: the next call tries again")
    func unavailable() async throws {
        let cluster = try await TokenCluster()
        let node = try cluster.node(seed: 1)
        cluster.clock.advance(by: .hours(2))
        cluster.provider.fail(with: TokenRefreshFailure(isFinal: false, message: "no answer"))
        #expect(try await node.accessToken(of: cluster.user, provider: "p") == .unavailable("no answer"))
        cluster.provider.fail(with: nil)
        #expect(try await cluster.text(node) == "a2")
    }

    @Test("A store that fails just when the provider has answered loses no refresh token, if it comes back in time")
    func storeFails() async throws {
        let directory = InMemoryDirectory()
        let cluster = try await TokenCluster(on: directory)
        let node = try cluster.node(seed: 1)
        let gate = cluster.holdRefresh()
        async let text = cluster.text(node)
        try await eventually("the provider is asked") { cluster.provider.calls == 1 }
        directory.fail(with: StoreError(.unavailable, "away"))
        let before = directory.calls
        gate.open()
        try await eventually("the write is tried again") { directory.calls >= before + 3 }
        directory.fail(with: nil)
        #expect(try await text == "a1")
        #expect(try await cluster.kept()["refresh_token"] == "r2")
        #expect(cluster.provider.calls == 1)
    }

    @Test("A node that died with the lease is waited for no longer than the lease")
    func deadHolder() async throws {
        let directory = InMemoryDirectory()
        let cluster = try await TokenCluster(on: directory)
        cluster.clock.advance(by: .hours(2))
        let dead = LeaseHolder(bytes: [9])
        _ = try await cluster.directory.lease(
            cluster.key, for: dead, until: cluster.clock.now + .seconds(30), at: cluster.clock.now)
        let node = try cluster.node(seed: 1)
        async let text = cluster.text(node)
        let before = directory.calls
        try await eventually("the node waits") { directory.calls > before + 2 }
        #expect(cluster.provider.calls == 0)
        cluster.clock.advance(by: .seconds(30))
        #expect(try await text == "a1")
    }

    @Test(
        "Without refresh token or refresher, a token is given out to its last second, then the user has to sign in there"
    )
    func noRefresh() async throws {
        let cluster = try await TokenCluster(tokens: ["access_token": "a0", "expires_at": .integer(1_800_003_600)])
        let node = try cluster.node(seed: 1)
        cluster.clock.advance(by: .seconds(3599))
        #expect(try await cluster.text(node) == "a0")
        cluster.clock.advance(by: .seconds(1))
        #expect(try await node.accessToken(of: cluster.user, provider: "p") == .reauthenticate)
        let other = try await TokenCluster()
        let bare = try other.node(seed: 1, refresher: false)
        other.clock.advance(by: .hours(2))
        #expect(try await bare.accessToken(of: other.user, provider: "p") == .reauthenticate)
    }

    @Test("Tokens are sealed in the store, for their account only")
    func sealed() async throws {
        let cluster = try await TokenCluster()
        let account = try #require(try await cluster.directory.account(cluster.key))
        #expect(!String(decoding: account.tokens, as: UTF8.self).contains("a0"))
        let other = try #require(AccountKey(provider: "p", providerAccountID: "2"))
        #expect(throws: (any Error).self) { _ = try cluster.vault.open(account.tokens, of: other) }
        // A later ring opens what an earlier first secret has sealed.
        let ring = try #require(SecretRing(["new secret", World.secret].compactMap { Secret($0) }))
        #expect(try AccountTokenVault(ring: ring).open(account.tokens, of: cluster.key)["access_token"] == "a0")
    }
}
