import RESP
import RedisClient
import RedisServers
import Synchronization
import TesseraCore
import TesseraRuntime
import Testing

@testable import TesseraRedis

@Suite("The directory in Redis")
struct DirectoryTests {
    /// A user with an address and an account, as providers describe people.
    private static func person(
        _ number: Int, tokens: [UInt8] = []
    ) throws -> (user: DirectoryUser, account: LinkedAccount) {
        let id = try #require(UserID("0123456789abcdefABC\(1000 + number)"))
        let user = DirectoryUser(
            id: id, name: "Ada Lovelace", email: "ada.lovelace.\(1000 + number)@example.com", emailVerified: start,
            image: "https://avatars.example.com/u/\(10_000_000 + number)?v=4")
        let key = try #require(AccountKey(provider: "github", providerAccountID: "\(10_000_000 + number)"))
        return (user, LinkedAccount(key: key, user: id, linkedAt: start, tokens: tokens))
    }

    private static func directory(_ redis: Fixture) -> RedisDirectory {
        RedisDirectory(client: redis.client, keys: redis.keys)
    }

    @Test("A user with an account and an address takes less than 800 bytes, all keys together")
    func size() async throws {
        try await RedisServer.with { server in
            try await Fixture.with(url: server.url) { redis in
                let directory = Self.directory(redis)
                let before = try await server.usedMemory()
                let count = 4000
                for number in 0..<count {
                    let (user, account) = try Self.person(number)
                    #expect(try await directory.create(user, with: account) == .done)
                }
                let bytes = (try await server.usedMemory() - before) / count
                #expect(bytes < 800, "\(bytes) bytes a user")
            }
        }
    }

    @Test("All of it has one hash tag, and nothing is left of a user who was removed")
    func keys() async throws {
        try await RedisServer.with { server in
            try await Fixture.with(url: server.url) { redis in
                let directory = Self.directory(redis)
                let before = try await server.command("DBSIZE")
                let (user, account) = try Self.person(1)
                #expect(try await directory.create(user, with: account) == .done)
                try await directory.keep(VerificationToken(identifier: "a@b.c", hash: "h", expires: start))
                let list = try await redis.client.execute(RedisCommand("KEYS", "*{directory}*"))
                let names = (list.array ?? []).compactMap(\.string)
                #expect(names.count == 5)
                #expect(names.allSatisfy { $0.hasPrefix("\(redis.keys.prefix):{directory}:") })
                #expect(try await directory.delete(user.id))
                #expect(try await directory.sweep(at: start) == 1)
                #expect(try await server.command("DBSIZE") == before)
            }
        }
    }

    @Test("A server that is full makes no user, but reads them, and writes tokens that were refreshed")
    func full() async throws {
        try await RedisServer.with { server in
            try await Fixture.with(url: server.url) { redis in
                let directory = Self.directory(redis)
                let (user, account) = try Self.person(1, tokens: [1])
                #expect(try await directory.create(user, with: account) == .done)
                let holder = LeaseHolder(bytes: [9])
                _ = try await server.command("CONFIG", "SET", "maxmemory", "1")
                let (other, otherAccount) = try Self.person(2)
                #expect(await failure { try await directory.create(other, with: otherAccount) } == .unavailable)
                #expect(try await directory.user(user.id) == user)
                let answer = try await directory.lease(
                    account.key, for: holder, until: start + .seconds(30), at: start)
                #expect(answer == .granted(account))
                #expect(try await directory.keepRefreshed([2], of: account.key, by: holder))
                #expect(try await directory.unlink(account.key, of: user.id, unlessLastOf: nil) == .done)
                #expect(try await directory.delete(user.id))
            }
        }
    }

    @Test("A primary that has lost its replicas answers nothing, also what only reads")
    func isolated() async throws {
        try await RedisServer.with { server in
            try await Fixture.with(url: server.url) { redis in
                let directory = Self.directory(redis)
                let (user, account) = try Self.person(1)
                #expect(try await directory.create(user, with: account) == .done)
                _ = try await server.command("CONFIG", "SET", "min-replicas-to-write", "1")
                let attempts = RedisAttempts(client: redis.client, keys: redis.keys)
                let limit = AttemptLimit(burst: 1, interval: .seconds(1))
                let charge = AttemptCharge(key: AttemptKey(bytes: [1]), limit: limit)
                let calls: [@Sendable () async throws -> Void] = [
                    { _ = try await directory.user(user.id) },
                    { _ = try await directory.user(withEmail: user.email ?? "") },
                    { _ = try await directory.account(account.key) },
                    { _ = try await directory.accounts(of: user.id) },
                    { _ = try await directory.take(["h"], of: "a@b.c") },
                    { _ = try await attempts.attempt([charge], at: start) },
                ]
                for (number, call) in calls.enumerated() {
                    #expect(await failure { try await call() } == .unavailable, "call \(number)")
                }
            }
        }
    }

    @Test("What a newer version has written, and what is not ours, is refused")
    func damaged() async throws {
        try await Fixture.with { redis in
            let directory = Self.directory(redis)
            let (user, account) = try Self.person(1)
            #expect(try await directory.create(user, with: account) == .done)
            let place = redis.keys.directory
            func write(_ name: String, _ arguments: String...) async throws {
                let values = arguments.map { RedisArgument.string($0) }
                _ = try await redis.client.execute(RedisCommand(name, arguments: values), key: RedisKey(place))
            }
            try await write("HSET", "\(place):user:\(user.id)", "format", "2")
            #expect(await failure { try await directory.user(user.id) } == .damaged)
            try await write("HSET", "\(place):account:\(account.key.name)", "user", "")
            #expect(await failure { try await directory.account(account.key) } == .damaged)
            try await write("SET", "\(place):user:other", "x")
            let other = try #require(UserID("other"))
            #expect(await failure { try await directory.user(other) } == .damaged)
        }
    }

    @Test("A Redis that is killed while users are made has each of them whole, with his message, or not at all")
    func killed() async throws {
        var options = RedisServerOptions()
        options.persistence = .everyWrite
        try await RedisServer.with(options) { server in
            try await Fixture.with(url: server.url) { redis in
                let directory = Self.directory(redis)
                let (tried, made) = try await Self.makeUsers(8, in: directory) { try await server.kill() }
                #expect(made.count >= 200 && tried.count > made.count)
                try await server.restart()
                try await eventually("the client is back") { await failure { try await redis.store.ping() } == nil }
                let outbox = RedisOutbox(client: redis.client, keys: redis.keys)
                let told = Set(try await outbox.claim(9999, until: start, at: start).entries.map(\.message.id))
                for number in tried {
                    let (user, account) = try Self.person(number)
                    let isThere = try await directory.user(user.id) == user
                    #expect(isThere || !made.contains(number), "what was answered is there")
                    #expect(try await directory.user(withEmail: user.email ?? "") == (isThere ? user : nil))
                    #expect(try await directory.account(account.key) == (isThere ? account : nil))
                    #expect(try await directory.accounts(of: user.id) == (isThere ? [account] : []))
                    #expect(told.contains("\(number)") == isThere)
                }
            }
        }
    }

    /// Makes users until the server does not answer any more; it is killed when 200 are made. Returns the numbers of
    /// those that were tried, and of those that were made.
    private static func makeUsers(
        _ writers: Int, in directory: RedisDirectory, kill: @escaping @Sendable () async throws -> Void
    ) async throws -> (tried: Set<Int>, made: Set<Int>) {
        let made = Numbers()
        let tried = try await withThrowingTaskGroup(of: Set<Int>.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    var tried: Set<Int> = []
                    for number in stride(from: writer, to: 100_000, by: writers) {
                        let (user, account) = try person(number)
                        let message = OutboxMessage(id: "\(number)", created: start, body: [1])
                        tried.insert(number)
                        do throws(StoreError) {
                            _ = try await directory.create(user, with: account, telling: [message])
                        } catch {
                            return tried
                        }
                        if made.insert(number) == 200 { try await kill() }
                    }
                    return tried
                }
            }
            return try await group.reduce(into: Set<Int>()) { $0.formUnion($1) }
        }
        return (tried, made.all)
    }

    /// Numbers that several tasks collect.
    private final class Numbers: Sendable {
        private let numbers = Mutex<Set<Int>>([])

        var all: Set<Int> { numbers.withLock { $0 } }

        /// Returns how many there are then.
        func insert(_ number: Int) -> Int {
            numbers.withLock { numbers in
                numbers.insert(number)
                return numbers.count
            }
        }
    }

    @Test("A user of the same id is never written over")
    func known() async throws {
        try await Fixture.with { redis in
            let directory = Self.directory(redis)
            let (user, _) = try Self.person(1)
            #expect(try await directory.create(user, with: nil) == .done)
            let again = DirectoryUser(id: user.id, name: "Mallory")
            #expect(await failure { try await directory.create(again, with: nil) } == .damaged)
            #expect(try await directory.user(user.id) == user)
        }
    }

    @Test("The rights that Operations names are enough for all of it")
    func rights() async throws {
        try await RedisServer.with { server in
            let rule = "on >swordfish ~rights:* &rights:* +@all -@admin -@dangerous +info +config|get"
            _ = try await server.command(["ACL", "SETUSER", "tessera"] + rule.split(separator: " ").map { String($0) })
            let url = server.url.replacing("redis://", with: "redis://tessera:swordfish@")
            try await Fixture.with(url: url, prefix: "rights") { redis in
                let directory = Self.directory(redis)
                let (user, account) = try Self.person(1)
                let message = OutboxMessage(id: "m", created: start, body: [1])
                #expect(try await directory.create(user, with: account, telling: [message]) == .done)
                #expect(try await directory.accounts(of: user.id) == [account])
                let link = VerificationToken(identifier: "a@b.c", hash: "h", expires: start)
                try await directory.keep(link)
                #expect(try await directory.take(["h"], of: "a@b.c") == link)
                #expect(try await directory.sweep(at: start) == 0)
                let outbox = RedisOutbox(client: redis.client, keys: redis.keys)
                let entries = try await outbox.claim(9, until: start, at: start).entries
                #expect(entries.map(\.message) == [message])
                try await outbox.remove(entries)
                let secrets = RedisSecrets(client: redis.client, keys: redis.keys)
                try await secrets.keep([1], as: "s", until: start + .minutes(1), at: start)
                #expect(try await secrets.take("s", at: start) == [1])
                let attempts = RedisAttempts(client: redis.client, keys: redis.keys)
                let limit = AttemptLimit(burst: 1, interval: .seconds(1))
                let charge = AttemptCharge(key: AttemptKey(bytes: [1]), limit: limit)
                #expect(try await attempts.attempt([charge], at: start) == nil)
                try await attempts.forget([charge.key])
                #expect(try await attempts.sweepAttempts(at: start) == 0)
                #expect(try await directory.delete(user.id))
                var samples = Samples(seed: 30)
                let owner = try samples.user()
                try await redis.store.create(samples.session(of: owner), of: owner)
            }
        }
    }

    @Test("Counted attempts go by themselves where nobody sweeps")
    func timeToLive() async throws {
        try await Fixture.with { redis in
            let attempts = RedisAttempts(client: redis.client, keys: redis.keys)
            let limit = AttemptLimit(burst: 3, interval: .seconds(10))
            let charge = AttemptCharge(key: AttemptKey(bytes: [1]), limit: limit)
            for _ in 0..<3 { #expect(try await attempts.attempt([charge], at: start) == nil) }
            let place = redis.keys.attempts
            let left = try await redis.client.execute(RedisCommand("PTTL", "\(place):paid"), key: RedisKey(place))
            #expect((80_000...90_000).contains(left.int ?? 0))
        }
    }
}

extension RedisServer {
    /// The bytes that the server's data takes.
    fileprivate func usedMemory() async throws -> Int {
        let info = try await command("INFO", "memory")
        let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("used_memory_dataset:") }
        return try #require(line.flatMap { Int($0.dropFirst("used_memory_dataset:".count)) })
    }
}
