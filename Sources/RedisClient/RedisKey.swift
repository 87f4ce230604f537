package import RESP

/// The name of a key, or of a sharded channel. In a cluster it says which server a command goes to.
package struct RedisKey: Sendable, Hashable, ExpressibleByStringLiteral, RedisArgumentConvertible {
    /// The name's bytes.
    package let bytes: [UInt8]

    package init(_ name: String) {
        bytes = Array(name.utf8)
    }

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(stringLiteral value: String) {
        self.init(value)
    }

    package var redisArgument: RedisArgument { .bytes(bytes) }
}
