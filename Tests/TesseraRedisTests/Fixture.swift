import Foundation
import Logging
import RESP
import RedisClient
import RedisServers
import TesseraCore
import TesseraRuntime
import TesseraTestKit
import Testing

@testable import TesseraRedis

/// A moment that the tests start from.
let start = Timestamp(seconds: 1_800_000_000)

/// A node's parts on a Redis, under a prefix of its own unless one is given.
struct Fixture: Sendable {
    let client: RedisClient
    let keys: Keyspace
    let node: NodeID
    let store: RedisSessionStore
    let bus: RedisClusterBus

    static let shards = Shards(count: 64) ?? .single
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private init(_ client: RedisClient, _ keys: Keyspace, node: String, _ options: RedisSessionStore.Options) throws {
        self.client = client
        self.keys = keys
        self.node = try #require(NodeID(node))
        // Long ago: no entry is dropped along the way.
        let clock = WallClock { Timestamp(milliseconds: 0) }
        store = RedisSessionStore(client: client, keys: keys, node: self.node, clock: clock, options: options)
        bus = RedisClusterBus(client: client, keys: keys, node: self.node, clock: clock, logger: Self.quiet)
    }

    /// Runs a client for the time of a call. The store is settled, unless that is what a test is about.
    static func with<Value: Sendable>(
        url: String, prefix: String? = nil, node: String = "node-a", isSettled: Bool = true,
        options: RedisSessionStore.Options = RedisSessionStore.Options(),
        _ body: (Fixture) async throws -> Value
    ) async throws -> Value {
        var configuration = try RedisConfiguration(url: url)
        configuration.commandTimeout = .seconds(10)
        let client = RedisClient(configuration, logger: quiet)
        let keys = try #require(Keyspace(prefix: prefix ?? "test-\(UUID())", shards: shards))
        let fixture = try Fixture(client, keys, node: node, options)
        return try await withThrowingTaskGroup { group in
            group.addTask { try await client.run() }
            defer { group.cancelAll() }
            if isSettled { try await fixture.settle() }
            return try await body(fixture)
        }
    }

    /// On the server that tests share.
    static func with<Value: Sendable>(
        prefix: String? = nil, node: String = "node-a", isSettled: Bool = true,
        options: RedisSessionStore.Options = RedisSessionStore.Options(), _ body: (Fixture) async throws -> Value
    ) async throws -> Value {
        let url = try await SharedServers.standalone.value.url
        return try await with(
            url: url, prefix: prefix, node: node, isSettled: isSettled, options: options, body)
    }

    /// The links to the primaries as they are now, as if they had been opened.
    func links() async throws -> [BusLink] {
        var links: [BusLink] = []
        for (primary, shards) in try await bus.calls.shardsByPrimary() {
            let reply = try await bus.calls.run(.identify, on: try #require(shards.first))
            let replication = ReplicationID(try #require(reply.string))
            links.append(BusLink(number: 1, primary: primary, replication: replication, shards: shards))
        }
        return links
    }

    func settle() async throws {
        for link in try await links() { try await bus.settle(link) }
    }

    /// One command on the shard of a user.
    func command(_ name: String, _ key: String, _ arguments: String..., of user: UserID) async throws -> RedisReply {
        let shard = keys.shard(Self.shards.shard(of: user))
        return try await client.execute(
            RedisCommand(name, arguments: [.string("\(shard):\(key)")] + arguments.map { .string($0) }),
            key: RedisKey(shard))
    }
}

/// Sessions, the same for the same seed.
struct Samples {
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func user() throws -> UserID { try #require(UserID("user-\(random.next())")) }

    mutating func session(
        of user: UserID, userEpoch: UInt32 = 0, deploymentEpoch: UInt32 = 0, adoptedUntil: Timestamp? = nil,
        device: Device = Device(name: "Firefox 128, Linux", network: "2001:db8:7::/48"), claims: [UInt8]? = nil
    ) -> SessionRecord {
        let id = Fixture.shards.place(SessionID(high: random.next(), low: random.next()), of: user)
        return SessionRecord(
            id: id, generation: .first, rotatedAt: start, createdAt: start, authenticatedAt: start,
            idleTimeout: .days(14), absoluteLimit: start + .days(30), userEpoch: Epoch(userEpoch),
            deploymentEpoch: Epoch(deploymentEpoch), device: device, adoptedUntil: adoptedUntil, claims: claims,
            lastUse: SessionRecord.Use(at: start, generation: .adopted))
    }
}

extension UserRecord {
    /// A change on the condition that this record is unchanged.
    func change(
        _ edits: [SessionEdit] = [], raising: UserChange.RaisedEpoch? = nil, revocations: [Revocation] = []
    ) -> UserChange {
        UserChange(
            user: user, expectedEpoch: epoch, expectedDeploymentEpoch: deployment.epoch, raisedEpoch: raising,
            edits: edits, revocations: revocations)
    }
}

extension SessionStore {
    /// Makes sessions for a user as his record stands.
    func create(_ sessions: SessionRecord..., of user: UserID) async throws {
        let record = try await load(user)
        #expect(try await commit(record.change(sessions.map { .create($0) })) == .committed(.primary))
    }
}

/// Runs a call that has to throw, and gives the code of what it threw.
func failure<Value>(_ body: () async throws -> Value) async -> StoreError.Code? {
    do {
        _ = try await body()
        return nil
    } catch {
        return (error as? StoreError)?.code
    }
}
