import RESP
package import RedisClient
package import TesseraCore
package import TesseraRuntime

/// Users, accounts and sign-in links in Redis, for all nodes.
///
/// All of it is in one slot, and every call is one script (decision 0010): so what a user, his accounts and his address
/// must be to one another holds at any moment, whoever writes at the same time and whatever crashes.
///
/// What makes or removes something waits a little for a replica to know it, where there is one: so a failover neither
/// loses a user who was told that he has signed in, nor brings back a link that was used.
package struct RedisDirectory: UserDirectory {
    private let calls: PlaceCalls
    private let place: String
    private let messageLimit: Int
    private let replication: ReplicationWait

    /// A directory over a client that runs.
    ///
    /// - Parameters:
    ///   - waiting: asks whether replicas have what was written, as with `RedisSessionStore`.
    ///   - messageLimit: how many messages its outbox keeps.
    package init(
        client: RedisClient, waiting: RedisClient? = nil, keys: Keyspace,
        messageLimit: Int = RedisOutbox.messageLimit, replicationLimit: Duration = .milliseconds(100)
    ) {
        calls = PlaceCalls(client: client)
        place = keys.directory
        self.messageLimit = messageLimit
        replication = ReplicationWait(client: waiting ?? client, keys: keys, limit: replicationLimit)
    }

    private func run(_ step: DirectoryStep, _ arguments: [RedisArgument]) async throws(StoreError) -> RedisReply {
        try await calls.run(step.script, at: place, arguments)
    }

    /// Waits for a replica, and answers the same whether there is one: what was written is written.
    private func settled<Value: Sendable>(_ value: Value) async -> Value {
        _ = await replication.durability(ofPlaces: [place])
        return value
    }

    private func arguments(_ messages: [OutboxMessage]) -> [RedisArgument] {
        messages.arguments(limit: messageLimit)
    }

    // MARK: Users and accounts

    package func user(_ id: UserID) async throws(StoreError) -> DirectoryUser? {
        try DirectoryReply.user(try await run(.user, [.string(id.text)]))
    }

    package func user(withEmail email: String) async throws(StoreError) -> DirectoryUser? {
        try DirectoryReply.user(try await run(.userByEmail, [.string(email)]))
    }

    package func account(_ key: AccountKey) async throws(StoreError) -> LinkedAccount? {
        try DirectoryReply.account(try await run(.account, [.string(key.name)]))
    }

    package func accounts(of user: UserID) async throws(StoreError) -> [LinkedAccount] {
        guard let replies = try await run(.accounts, [.string(user.text)]).array else { throw .unexpected("accounts") }
        var accounts: [LinkedAccount] = []
        for reply in replies {
            if let account = try DirectoryReply.account(reply) { accounts.append(account) }
        }
        return accounts
    }

    package func create(
        _ user: DirectoryUser, with account: LinkedAccount?, telling messages: [OutboxMessage]
    ) async throws(StoreError) -> DirectoryOutcome {
        let fields = user.fields
        var values: [RedisArgument] = [
            .string(user.id.text), user.email == nil ? 0 : 1, .string(user.email ?? ""),
            .integer(Int64(fields.count / 2)),
        ]
        values += fields
        values += account.map { [1] + $0.fields } ?? [0]
        let outcome = try DirectoryReply.outcome(try await run(.createUser, values + arguments(messages)))
        return await settled(outcome)
    }

    package func link(
        _ account: LinkedAccount, telling messages: [OutboxMessage]
    ) async throws(StoreError) -> DirectoryOutcome {
        let values = [.string(account.user.text)] + account.fields + arguments(messages)
        return await settled(try DirectoryReply.outcome(try await run(.link, values)))
    }

    package func unlink(
        _ key: AccountKey, of user: UserID, unlessLastOf others: Set<String>?, telling messages: [OutboxMessage]
    ) async throws(StoreError) -> DirectoryOutcome {
        let providers = (others ?? []).sorted()
        var values: [RedisArgument] = [.string(user.text), .string(key.name)]
        values.append(others == nil ? "" : .integer(Int64(providers.count)))
        values += providers.map { .string($0) }
        return await settled(try DirectoryReply.outcome(try await run(.unlink, values + arguments(messages))))
    }

    package func update(
        _ user: UserID, _ update: UserUpdate, telling messages: [OutboxMessage]
    ) async throws(StoreError) -> DirectoryUser? {
        let fields = update.fields
        let values = [.string(user.text), .integer(Int64(fields.count / 2))] + fields + arguments(messages)
        return try DirectoryReply.user(try await run(.updateUser, values))
    }

    package func delete(_ user: UserID) async throws(StoreError) -> Bool {
        await settled(try DirectoryReply.flag(try await run(.deleteUser, [.string(user.text)])))
    }

    // MARK: Provider tokens

    package func keepTokens(
        _ sealed: [UInt8], of key: AccountKey, ifVersion version: Int
    ) async throws(StoreError) -> Bool {
        let values: [RedisArgument] = [.string(key.name), .bytes(sealed), .integer(Int64(version)), ""]
        return await settled(try DirectoryReply.flag(try await run(.keepTokens, values)))
    }

    package func lease(
        _ key: AccountKey, for holder: LeaseHolder, until: Timestamp, at now: Timestamp
    ) async throws(StoreError) -> LeaseAnswer {
        let reply = try await run(
            .lease,
            [
                .string(key.name), .bytes(holder.bytes), .integer(until.milliseconds), .integer(now.milliseconds),
            ])
        if reply.isNull { return .unknownAccount }
        if let end = reply.int { return .held(until: Timestamp(milliseconds: Int64(end))) }
        guard let account = try DirectoryReply.account(reply) else { throw .unexpected("lease") }
        return .granted(account)
    }

    package func keepRefreshed(
        _ sealed: [UInt8], of key: AccountKey, by holder: LeaseHolder
    ) async throws(StoreError) -> Bool {
        let values: [RedisArgument] = [.string(key.name), .bytes(sealed), "", .bytes(holder.bytes)]
        return await settled(try DirectoryReply.flag(try await run(.keepTokens, values)))
    }

    package func release(_ key: AccountKey, by holder: LeaseHolder) async throws(StoreError) {
        _ = try await run(.release, [.string(key.name), .bytes(holder.bytes)])
    }

    // MARK: Links in e-mails

    package func keep(_ token: VerificationToken) async throws(StoreError) {
        let link = Self.link(token.hash, of: token.identifier)
        _ = try await run(.keepLink, [link, .integer(token.expires.milliseconds)])
    }

    package func take(_ hashes: [String], of identifier: String) async throws(StoreError) -> VerificationToken? {
        if hashes.isEmpty { return nil }
        let reply = try await run(.takeLink, hashes.map { Self.link($0, of: identifier) })
        if reply.isNull { return nil }
        guard let parts = reply.array, parts.count == 2, let index = parts[0].int, hashes.indices.contains(index),
            let expires = parts[1].int
        else { throw .unexpected("takeLink") }
        return await settled(
            VerificationToken(
                identifier: identifier, hash: hashes[index], expires: Timestamp(milliseconds: Int64(expires))))
    }

    private static func link(_ hash: String, of identifier: String) -> RedisArgument {
        .string("\(identifier)\(AccountKey.separator)\(hash)")
    }

    /// In small steps; the next sweep goes on where this one has done what it may. Several nodes may sweep at once.
    package func sweep(at now: Timestamp) async throws(StoreError) -> Int {
        var total = 0
        for _ in 0..<Self.sweepSteps {
            let count = try DirectoryReply.count(
                try await run(.sweepLinks, [.integer(now.milliseconds), .integer(Int64(Self.sweptPerStep))]))
            total += count
            if count < Self.sweptPerStep { break }
        }
        return total
    }

    private static let sweepSteps = 100
    private static let sweptPerStep = 500
}
