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
    package init<each Argument: RedisArgumentConvertible>(_ name: String, _ arguments: repeat each Argument) {
        self.name = name
        var count = 0
        var length = 0
        for argument in repeat each arguments {
            count += 1
            length += CommandWriter.length(argument.redisArgument)
        }
        length += CommandWriter.length(name, argumentCount: count)
        wire = CommandWriter.write(length: length) { writer in
            writer.begin(name, argumentCount: count)
            for argument in repeat each arguments { writer.append(argument.redisArgument) }
        }
    }

    /// The argument after the name, as text; `nil` where there is none. It is read from `wire`.
    package var firstArgument: String? {
        // "*2", "$4", name, "$3", argument, each followed by a line's end; the name may hold any bytes.
        let header = wire.prefix { $0 != UInt8(ascii: "\n") }.count + 1
        let nameLength = wire.dropFirst(header).prefix { $0 != UInt8(ascii: "\n") }.count + 1
        let rest = wire.dropFirst(header + nameLength + name.utf8.count + 2)
        guard rest.first == UInt8(ascii: "$") else { return nil }
        let digits = rest.dropFirst().prefix { $0 != UInt8(ascii: "\r") }
        guard let length = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
        return String(decoding: rest.dropFirst(digits.count + 3).prefix(length), as: UTF8.self)
    }

    /// A command whose arguments are in a collection.
    package init(_ name: String, arguments: [RedisArgument]) {
        self.name = name
        let length = arguments.reduce(CommandWriter.length(name, argumentCount: arguments.count)) {
            $0 + CommandWriter.length($1)
        }
        wire = CommandWriter.write(length: length) { writer in
            writer.begin(name, argumentCount: arguments.count)
            for argument in arguments { writer.append(argument) }
        }
    }
}

extension RedisCommand: CustomStringConvertible, CustomReflectable {
    /// The name only: arguments may be secrets.
    package var description: String { name }
    /// Nothing, for the same reason.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
