internal import RESP

/// A Lua script, called by its hash and sent whole only to a server that does not know it.
package struct RedisScript: Sendable, Hashable {
    /// For logs and spans.
    package let name: String
    /// The Lua source.
    package let source: String
    /// SHA-1 of the source in hexadecimal, by which the server knows the script.
    package let sha1: String

    /// A script. The hash is computed here, once.
    package init(name: String, source: String) {
        self.name = name
        self.source = source
        sha1 = SHA1.hexadecimal(Array(source.utf8))
    }

    /// `EVALSHA`.
    func call(keys: [RedisKey], arguments: [RedisArgument]) -> RedisCommand {
        RedisCommand("EVALSHA", arguments: [.string(sha1)] + Self.operands(keys, arguments))
    }

    /// `EVAL`, after which the server knows the script.
    func firstCall(keys: [RedisKey], arguments: [RedisArgument]) -> RedisCommand {
        RedisCommand("EVAL", arguments: [.string(source)] + Self.operands(keys, arguments))
    }

    private static func operands(_ keys: [RedisKey], _ arguments: [RedisArgument]) -> [RedisArgument] {
        [.integer(Int64(keys.count))] + keys.map(\.redisArgument) + arguments
    }
}
