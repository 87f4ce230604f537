/// A reply of the server (RESP2).
package enum RedisReply: Sendable, Hashable {
    /// A simple string: "OK", "PONG", "QUEUED".
    case status(String)
    /// A number.
    case integer(Int64)
    /// A bulk string: any bytes.
    case bytes([UInt8])
    /// An array of replies.
    case array([RedisReply])
    /// The null bulk string or the null array.
    case null
    /// An error of the server. At the top of a reply to one command the client throws it instead.
    case error(RedisServerError)
}

extension RedisReply {
    /// The text of a status or of a bulk string that is UTF-8.
    package var string: String? {
        switch self {
        case .status(let text): text
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
        case .integer, .array, .null, .error: nil
        }
    }

    /// The number of an integer reply, or of a bulk string that is one in decimal.
    package var int: Int? {
        switch self {
        case .integer(let number): Int(exactly: number)
        case .bytes, .status: string.flatMap { Int($0) }
        case .array, .null, .error: nil
        }
    }

    /// The bytes of a bulk string.
    package var bytes: [UInt8]? {
        if case .bytes(let bytes) = self { bytes } else { nil }
    }

    /// The elements of an array.
    package var array: [RedisReply]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The server's error, where the reply is one.
    package var error: RedisServerError? {
        if case .error(let error) = self { error } else { nil }
    }

    /// Whether it is one of RESP2's nulls.
    package var isNull: Bool { self == .null }
}
