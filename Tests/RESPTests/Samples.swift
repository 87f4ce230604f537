import RESP

/// Replies and how they look on the wire.
enum Samples {
    static let replies: [(wire: String, reply: RedisReply)] = [
        ("+OK\r\n", .status("OK")),
        ("+\r\n", .status("")),
        ("-WRONGTYPE Operation\r\n", .error(RedisServerError("WRONGTYPE Operation"))),
        (":0\r\n", .integer(0)),
        (":-9223372036854775808\r\n", .integer(.min)),
        (":9223372036854775807\r\n", .integer(.max)),
        ("$-1\r\n", .null),
        ("*-1\r\n", .null),
        ("$0\r\n\r\n", .bytes([])),
        ("$6\r\na\r\nb\0c\r\n", .bytes(Array("a\r\nb\0c".utf8))),
        ("*0\r\n", .array([])),
        (
            "*4\r\n*2\r\n:1\r\n$1\r\nx\r\n*0\r\n$-1\r\n-ERR no\r\n",
            .array([.array([.integer(1), .bytes([120])]), .array([]), .null, .error(RedisServerError("ERR no"))])
        ),
    ]

    static var wire: [UInt8] { replies.flatMap { Array($0.wire.utf8) } }

    /// A reply that is `depth` arrays around a number.
    static func nested(_ depth: Int) -> (wire: [UInt8], reply: RedisReply) {
        let wire = String(repeating: "*1\r\n", count: depth) + ":7\r\n"
        return (Array(wire.utf8), (0..<depth).reduce(.integer(7)) { reply, _ in .array([reply]) })
    }

    /// A small generator of numbers that a seed determines.
    struct Random: RandomNumberGenerator {
        private var state: UInt64

        init(seed: UInt64) { state = seed }

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}

extension ReplyReader {
    /// Takes an array's bytes.
    mutating func read(_ bytes: some Collection<UInt8>, into replies: inout [RedisReply]) throws(RESPError) {
        let array = Array(bytes)
        try read(array.span.bytes, into: &replies)
    }

    /// What a new reader makes of bytes that come in parts.
    static func all(_ parts: [ArraySlice<UInt8>], limits: ReplyLimits = ReplyLimits()) throws(RESPError) -> [RedisReply]
    {
        var reader = ReplyReader(limits: limits)
        var replies: [RedisReply] = []
        for part in parts { try reader.read(part, into: &replies) }
        return replies
    }
}
