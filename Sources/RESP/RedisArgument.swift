/// One argument of a command: bytes, however they were given. A text is sent as UTF-8, a number in decimal.
package enum RedisArgument: Sendable, Hashable {
    /// Text, sent as UTF-8.
    case string(String)
    /// Any bytes; line ends and zeros are as good as others.
    case bytes([UInt8])
    /// A number, sent in decimal.
    case integer(Int64)
}

/// What can be given as an argument of a command without naming the kind.
package protocol RedisArgumentConvertible: Sendable {
    /// The same as an argument.
    var redisArgument: RedisArgument { get }
}

extension RedisArgument: RedisArgumentConvertible {
    /// Itself.
    package var redisArgument: RedisArgument { self }
}

extension String: RedisArgumentConvertible {
    /// The text, as UTF-8.
    package var redisArgument: RedisArgument { .string(self) }
}

extension Array: RedisArgumentConvertible where Element == UInt8 {
    /// The bytes.
    package var redisArgument: RedisArgument { .bytes(self) }
}

extension Int: RedisArgumentConvertible {
    /// The number in decimal.
    package var redisArgument: RedisArgument { .integer(Int64(self)) }
}

extension Int64: RedisArgumentConvertible {
    /// The number in decimal.
    package var redisArgument: RedisArgument { .integer(self) }
}

extension RedisArgument: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) {
        self = .string(value)
    }
}

extension RedisArgument: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: Int64) {
        self = .integer(value)
    }
}
