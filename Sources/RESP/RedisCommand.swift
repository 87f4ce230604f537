/// A command in the form in which it goes to the server, made once when it is built: whoever sends it only copies
/// those bytes into what is written to the socket.
package struct RedisCommand: Sendable, Hashable {
    /// The command's name as it was given, "GET" say. For logs and spans; it is part of `wire`.
    package let name: String
    /// The whole command as RESP: an array of bulk strings.
    package let wire: [UInt8]

    /// A command with any arguments: `RedisCommand("SET", "key", bytes)`.
    ///
    /// A name of two words ("CLIENT SETNAME") is given as a name and a first argument.
    package init(_ name: String, _ arguments: any RedisArgumentConvertible...) {
        let capacity = arguments.reduce(0) { $0 + Self.capacity($1.redisArgument) }
        var writer = CommandWriter(name, argumentCount: arguments.count, capacity: capacity)
        for argument in arguments { writer.append(argument.redisArgument) }
        self.name = name
        wire = writer.bytes
    }

    /// A command whose arguments are in a collection.
    package init(_ name: String, arguments: [RedisArgument]) {
        let capacity = arguments.reduce(0) { $0 + Self.capacity($1) }
        var writer = CommandWriter(name, argumentCount: arguments.count, capacity: capacity)
        for argument in arguments { writer.append(argument) }
        self.name = name
        wire = writer.bytes
    }

    /// An upper limit of an argument's length on the wire: what stands around its bytes is at most 25 long.
    private static func capacity(_ argument: RedisArgument) -> Int {
        switch argument {
        case .string(let text): text.utf8.count + 25
        case .bytes(let bytes): bytes.count + 25
        case .integer: 45
        }
    }
}

extension RedisCommand: CustomStringConvertible {
    /// The name only: arguments may be secrets.
    package var description: String { name }
}

/// Writes a command as RESP. hiredis' formatter would need pointers to all arguments at once, and memory of its own,
/// and so two more copies; that this one writes the same bytes is tested against it.
private struct CommandWriter {
    private(set) var bytes: [UInt8] = []

    init(_ name: String, argumentCount: Int, capacity: Int) {
        bytes.reserveCapacity(capacity + name.utf8.count + 48)
        bytes.append(UInt8(ascii: "*"))
        appendDecimal(UInt64(argumentCount) + 1)
        endLine()
        append(name.utf8)
    }

    mutating func append(_ argument: RedisArgument) {
        switch argument {
        case .string(let text): append(text.utf8)
        case .bytes(let content):
            appendLength(content.count)
            bytes.append(contentsOf: content)
            endLine()
        case .integer(let number):
            let digits = Self.digitCount(number.magnitude)
            appendLength(number < 0 ? digits + 1 : digits)
            if number < 0 { bytes.append(UInt8(ascii: "-")) }
            appendDecimal(number.magnitude)
            endLine()
        }
    }

    private mutating func append(_ text: String.UTF8View) {
        appendLength(text.count)
        bytes.append(contentsOf: text)
        endLine()
    }

    private mutating func appendLength(_ count: Int) {
        bytes.append(UInt8(ascii: "$"))
        appendDecimal(UInt64(count))
        endLine()
    }

    private mutating func endLine() {
        bytes.append(UInt8(ascii: "\r"))
        bytes.append(UInt8(ascii: "\n"))
    }

    private mutating func appendDecimal(_ number: UInt64) {
        if number < 10 { return bytes.append(UInt8(ascii: "0") + UInt8(number)) }
        let start = bytes.count
        var rest = number
        while rest > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        }
        bytes[start...].reverse()
    }

    private static func digitCount(_ number: UInt64) -> Int {
        var count = 1
        var rest = number / 10
        while rest > 0 {
            count += 1
            rest /= 10
        }
        return count
    }
}
