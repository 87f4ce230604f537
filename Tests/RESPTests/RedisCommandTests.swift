import CHiredis
import RESP
import Testing

@Suite("Commands on the wire")
struct RedisCommandTests {
    /// What hiredis' formatter makes of the same arguments.
    private func formatted(_ arguments: [[UInt8]]) throws -> [UInt8] {
        let strings = arguments.map { bytes in
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
            for (index, byte) in bytes.enumerated() { copy[index] = CChar(bitPattern: byte) }
            return copy
        }
        defer { for string in strings { string.deallocate() } }
        var pointers = strings.map { UnsafePointer<CChar>?($0) }
        let lengths = arguments.map(\.count)
        var target: UnsafeMutablePointer<CChar>?
        let count = redisFormatCommandArgv(&target, Int32(arguments.count), &pointers, lengths)
        let text = try #require(target)
        defer { redisFreeCommand(text) }
        return (0..<Int(count)).map { UInt8(bitPattern: text[$0]) }
    }

    @Test("a command is an array of bulk strings")
    func form() {
        let command = RedisCommand("SET", "key", [13, 10, 0, 255], -12)
        #expect(
            command.wire == Array("*4\r\n$3\r\nSET\r\n$3\r\nkey\r\n$4\r\n".utf8) + [13, 10, 0, 255]
                + Array("\r\n$3\r\n-12\r\n".utf8))
        #expect(command.name == "SET")
    }

    @Test("numbers are written as Swift writes them", arguments: [0, 9, 10, 99, 100, -1, .max, .min] as [Int64])
    func numbers(_ number: Int64) {
        #expect(
            RedisCommand("N", arguments: [.integer(number)]).wire
                == RedisCommand("N", arguments: [.string(String(number))]).wire)
    }

    @Test("any arguments are written as hiredis' formatter writes them", arguments: [1, 2, 3] as [UInt64])
    func agreement(_ seed: UInt64) throws {
        var random = Samples.Random(seed: seed)
        for round in 0..<500 {
            let lengths = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                Bool.random(using: &random) ? Int.random(in: 0...12, using: &random) : round * 7
            }
            let arguments = lengths.map { (0..<$0).map { _ in UInt8.random(in: 0...255, using: &random) } }
            let command = RedisCommand("NAME", arguments: arguments.map { .bytes($0) })
            #expect(command.wire == (try formatted([Array("NAME".utf8)] + arguments)), "seed \(seed)")
        }
    }

    @Test("a command prints as its name and nothing else")
    func printing() {
        let command = RedisCommand("AUTH", "user", "secret")
        var dumped = ""
        dump([command], to: &dumped)
        #expect("\(command)" == "AUTH" && String(reflecting: command) == "AUTH")
        // Bytes would be dumped as numbers.
        #expect(dumped.contains("AUTH") && !dumped.contains("secret") && !dumped.contains("wire"))
    }

    @Test("a command tells its first argument, if it has one")
    func firstArgument() {
        #expect(RedisCommand("CLIENT", "REPLY", "OFF").firstArgument == "REPLY")
        #expect(RedisCommand("A\r\n$1", "").firstArgument?.isEmpty == true)
        #expect(RedisCommand("ÄÖ", String(repeating: "x", count: 1000)).firstArgument?.utf8.count == 1000)
        #expect(RedisCommand("PING").firstArgument == nil)
    }

    @Test(
        "SHA-1 is that of FIPS 180-4",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
            (String(repeating: "a", count: 1_000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
        ])
    func digest(_ message: String, _ digest: String) {
        #expect(SHA1.hexadecimal(Array(message.utf8)) == digest)
    }
}

@Suite("Replies as values")
struct RedisReplyTests {
    @Test("a reply gives what it is, and nothing else")
    func accessors() {
        #expect(RedisReply.status("OK").string == "OK")
        #expect(RedisReply.bytes(Array("12".utf8)).int == 12)
        #expect(RedisReply.integer(5).int == 5)
        #expect(RedisReply.integer(5).string == nil)
        #expect(RedisReply.bytes([0xFF]).string == nil)
        #expect(RedisReply.array([.null]).array == [.null])
        #expect(RedisReply.null.isNull && RedisReply.null.bytes == nil)
    }

    @Test("an error's kind is its first word in capitals, and it prints as that")
    func errors() {
        let moved = RedisServerError("MOVED 3999 127.0.0.1:6381")
        #expect(moved.kind == "MOVED" && moved.details == ["3999", "127.0.0.1:6381"])
        #expect("\(RedisServerError("WRONGPASS invalid secret"))" == "WRONGPASS")
        #expect(RedisServerError("no kind").kind.isEmpty)
        var dumped = ""
        dump(RedisServerError("WRONGPASS invalid secret"), to: &dumped)
        #expect(!dumped.contains("secret"))
    }
}
