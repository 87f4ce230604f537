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

extension RedisCommand: CustomStringConvertible {
    /// The name only: arguments may be secrets.
    package var description: String { name }
}
