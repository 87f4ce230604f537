import RESP

extension RedisCommand {
    /// Commands that change what later replies on their connection mean, which others share, or have no reply of their
    /// own. Transactions and subscriptions have calls of their own.
    private static let unshared: Set<String> = [
        "MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH",
        "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE",
        "MONITOR", "SYNC", "PSYNC", "REPLCONF",
        "SELECT", "RESET", "HELLO", "AUTH", "READONLY", "READWRITE", "ASKING", "QUIT",
    ]

    /// The same, where it is the first argument that makes the difference.
    private static let unsharedSubcommands: [String: Set<String>] = [
        "CLIENT": ["REPLY", "TRACKING", "CACHING", "SETNAME", "NO-EVICT", "NO-TOUCH"],
        "SCRIPT": ["DEBUG"],
    ]

    /// Commands that may fail after they have done a part.
    private static let divisible: Set<String> = ["EVAL", "EVALSHA", "FCALL", "MIGRATE"]

    /// Why a connection that is shared does not take the command; `nil` where it does.
    var refusal: RedisError? {
        let name = name.uppercased()
        guard Self.unshared.contains(name) || isUnsharedSubcommand(of: name) else { return nil }
        return RedisError(.commandNotAllowed, "\(name) would change a connection that others share")
    }

    private func isUnsharedSubcommand(of name: String) -> Bool {
        guard let subcommands = Self.unsharedSubcommands[name], let argument = firstArgument else { return false }
        return subcommands.contains(argument.uppercased())
    }

    /// Whether an error in answer to it leaves open what it has done.
    var mayFailHalfway: Bool { Self.divisible.contains(name.uppercased()) }
}
