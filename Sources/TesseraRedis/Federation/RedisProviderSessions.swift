import RESP
package import RedisClient
package import TesseraCore
package import TesseraRuntime

/// Where sessions were begun, in Redis.
///
/// | key | type | |
/// | --- | --- | --- |
/// | `…{tNN}:provider:<name>` | hash | the sessions that were begun from a subject, or a session, of a provider; what has ended there |
/// | `…{tNN}:origin:<sid>` | hash | where a session was begun, its ID token sealed |
/// | `…{tNN}:logout-token:<name>` | string | a logout token that was used |
///
/// All of them have a lifetime; there is nothing to sweep. A name's own bits say which shard it is kept in. What a
/// failover loses is lost: a logout then does not find a session that was begun in the moment before.
package struct RedisProviderSessions: ProviderSessions {
    private let client: RedisClient
    private let keys: Keyspace
    /// The most sessions that are kept under one name: no user has more.
    private static let limit: Int64 = 1000

    package init(client: RedisClient, keys: Keyspace) {
        self.client = client
        self.keys = keys
    }

    package func keep(_ session: ProviderSession, at now: Timestamp) async throws(StoreError) -> Bool {
        for name in session.names?.all ?? [] {
            guard try await keep(session, under: name, at: now) else { return false }
        }
        guard let origin = session.origin else { return true }
        let key = originKey(session.session)
        _ = try await evaluate(
            Self.originScript, at: key,
            [.string(origin.provider), .bytes(origin.hint), .integer(session.expires.milliseconds)])
        return true
    }

    private func keep(
        _ session: ProviderSession, under name: ProviderName, at now: Timestamp
    ) async throws(StoreError) -> Bool {
        guard let names = session.names else { return true }
        let reply = try await evaluate(
            Self.keepScript, at: shard(of: name),
            [
                .string(name.text), .string("\(session.session)"), .string(session.user.text),
                .string(names.subject.text), .integer(names.issuedAt.milliseconds),
                .integer(session.expires.milliseconds), .integer(now.milliseconds), .integer(Self.limit),
            ])
        return reply.int == 1
    }

    package func origin(
        of session: SessionID, at now: Timestamp
    ) async throws(StoreError) -> ProviderSession.Origin? {
        let key = originKey(session)
        let reply = try await execute(RedisCommand("HMGET", key, "provider", "hint", "expires"), at: key)
        guard let fields = reply.array, fields.count == 3, let provider = fields[0].string,
            let hint = fields[1].bytes, let expires = fields[2].int, now.milliseconds < expires
        else { return nil }
        return ProviderSession.Origin(provider: provider, hint: hint)
    }

    package func forgetOrigin(of session: SessionID) async throws(StoreError) {
        let key = originKey(session)
        _ = try await execute(RedisCommand("DEL", key), at: key)
    }

    package func end(_ logout: ProviderLogout, at now: Timestamp) async throws(StoreError) -> [OwnedSession] {
        let reply = try await evaluate(
            Self.endScript, at: shard(of: logout.name),
            [
                .string(logout.name.text), .string(logout.subject?.text ?? ""),
                .integer(logout.endsUpTo.milliseconds), .integer(logout.refusesUpTo.milliseconds),
                .integer(logout.remembered.milliseconds), .integer(now.milliseconds),
            ])
        let texts = reply.array?.map(\.string) ?? []
        var sessions: [OwnedSession] = []
        for index in stride(from: 0, to: texts.count - 1, by: 2) {
            guard let id = texts[index].flatMap({ SessionID($0) }), let user = texts[index + 1].flatMap({ UserID($0) })
            else { throw StoreError(.damaged, "a key of Tessera in Redis holds something else") }
            sessions.append(OwnedSession(session: id, user: user))
        }
        return sessions.sorted { $0.session < $1.session }
    }

    package func use(
        _ token: ProviderName, until: Timestamp, at now: Timestamp
    ) async throws(StoreError) -> Bool {
        let lifetime = until.milliseconds - now.milliseconds
        guard lifetime > 0 else { return true }
        let key = "\(shard(of: token)):logout-token:\(token.text)"
        let reply = try await execute(
            RedisCommand("SET", arguments: [.string(key), "1", "NX", "PX", .integer(lifetime)]), at: key)
        return !reply.isNull
    }

    /// Keys go by themselves.
    package func sweepProviderSessions(at now: Timestamp) async throws(StoreError) -> Int { 0 }

    // MARK: Keys and calls

    private func shard(of name: ProviderName) -> String {
        keys.shard(SessionID(bytes: name.bytes).map { keys.shards.shard(of: $0) } ?? 0)
    }

    private func originKey(_ session: SessionID) -> String {
        "\(keys.shard(keys.shards.shard(of: session))):origin:\(session)"
    }

    private func evaluate(
        _ script: RedisScript, at key: String, _ arguments: [RedisArgument]
    ) async throws(StoreError) -> RedisReply {
        do {
            return try await client.evaluate(script, keys: [RedisKey(key)], arguments: arguments)
        } catch {
            throw StoreError(redis: error)
        }
    }

    private func execute(_ command: RedisCommand, at key: String) async throws(StoreError) -> RedisReply {
        do {
            return try await client.execute(command, key: RedisKey(key))
        } catch {
            throw StoreError(redis: error)
        }
    }

    private static let keepScript = script("provider-keep", PackageResources.provider_keep_lua)
    private static let endScript = script("provider-end", PackageResources.provider_end_lua)
    /// Two commands in one step: the key is never without a lifetime.
    private static let originScript = RedisScript(
        name: "provider-origin",
        source: """
            #!lua
            redis.call('HSET', KEYS[1], 'provider', ARGV[1], 'hint', ARGV[2], 'expires', ARGV[3])
            return redis.call('PEXPIREAT', KEYS[1], ARGV[3])
            """)

    private static func script(_ name: String, _ source: [UInt8]) -> RedisScript {
        RedisScript(name: name, source: "#!lua\n" + String(decoding: source, as: UTF8.self))
    }
}

extension ProviderName {
    /// The name as a key has it.
    fileprivate var text: String { SessionID(bytes: bytes).map { "\($0)" } ?? "" }
}
