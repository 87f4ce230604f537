import RESP
import TesseraCore
import TesseraRuntime

/// What the steps of the directory answer.
enum DirectoryReply {
    /// A user; `nil` where there is none.
    static func user(_ reply: RedisReply) throws(StoreError) -> DirectoryUser? {
        if reply.isNull { return nil }
        guard let parts = reply.array, parts.count == 6, let id = parts[0].string.flatMap({ UserID($0) }) else {
            throw .unexpected("user")
        }
        guard parts[1].string == "1" else {
            throw StoreError(
                .damaged, "a user in Redis was written by a newer version of Tessera; update this node")
        }
        return DirectoryUser(
            id: id, name: try text(parts[2]), email: try text(parts[3]), emailVerified: try moment(parts[4]),
            image: try text(parts[5]))
    }

    private static func text(_ reply: RedisReply) throws(StoreError) -> String? {
        if reply.isNull { return nil }
        guard let text = reply.string else { throw .unexpected("user") }
        return text
    }

    private static func moment(_ reply: RedisReply) throws(StoreError) -> Timestamp? {
        if reply.isNull { return nil }
        return try Timestamp(reply: reply)
    }

    /// An account; `nil` where there is none.
    static func account(_ reply: RedisReply) throws(StoreError) -> LinkedAccount? {
        if reply.isNull { return nil }
        guard let parts = reply.array, parts.count == 5, let key = parts[0].string.flatMap({ AccountKey(name: $0) }),
            let user = parts[1].string.flatMap({ UserID($0) }), let tokens = parts[3].bytes,
            let version = parts[4].int
        else { throw .unexpected("account") }
        return LinkedAccount(
            key: key, user: user, linkedAt: try Timestamp(reply: parts[2]), tokens: tokens, version: version)
    }

    /// What became of a change.
    static func outcome(_ reply: RedisReply) throws(StoreError) -> DirectoryOutcome {
        let parts = reply.array ?? []
        let owner = parts.count > 1 ? parts[1].string.flatMap { UserID($0) } : nil
        switch (parts.first?.string, owner) {
        case ("done", _): return .done
        case ("account", let owner?): return .accountTaken(by: owner)
        case ("account", nil): return .unknownAccount
        case ("email", let owner?): return .emailTaken(by: owner)
        case ("user", _): return .unknownUser
        case ("last", _): return .lastWayIn
        case ("known", _): throw StoreError(.damaged, "there is a user of this id in Redis already")
        default: throw .unexpected("directory")
        }
    }

    /// Whether it was done.
    static func flag(_ reply: RedisReply) throws(StoreError) -> Bool { try count(reply) > 0 }

    static func count(_ reply: RedisReply) throws(StoreError) -> Int {
        guard let count = reply.int else { throw .unexpected("directory") }
        return count
    }
}

extension AccountKey {
    /// Stands between the parts of a name, in none of which it can be: neither has control characters.
    static let separator = "\u{1F}"

    /// What the account is called in Redis. In the order of their bytes, accounts are in that of their providers, and
    /// then of their names there.
    var name: String { "\(provider)\(Self.separator)\(providerAccountID)" }

    init?(name: String) {
        let parts = name.split(separator: Self.separator, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        self.init(provider: String(parts[0]), providerAccountID: String(parts[1]))
    }
}

extension DirectoryUser {
    /// The fields that he has, each with its value.
    fileprivate func named() -> [(String, RedisArgument?)] {
        [
            ("name", name.map { .string($0) }), ("email", email.map { .string($0) }),
            ("verified", emailVerified.map { .integer($0.milliseconds) }), ("image", image.map { .string($0) }),
        ]
    }

    /// The same as the scripts take them.
    var fields: [RedisArgument] { .fields(named()) }
}

extension UserUpdate {
    /// The fields that change, each with its value, as the scripts take them.
    var fields: [RedisArgument] {
        .fields([
            ("name", name.map { .string($0) }), ("image", image.map { .string($0) }),
            ("verified", emailVerified.map { .integer($0.milliseconds) }),
        ])
    }
}

extension LinkedAccount {
    /// Name, moment of linking, tokens and version, as the scripts take them.
    var fields: [RedisArgument] {
        [.string(key.name), .integer(linkedAt.milliseconds), .bytes(tokens), .integer(Int64(version))]
    }
}

extension [RedisArgument] {
    fileprivate static func fields(_ pairs: [(String, RedisArgument?)]) -> [RedisArgument] {
        pairs.flatMap { name, value in value.map { [.string(name), $0] } ?? [] }
    }
}
