import RESP
import Testing

@Suite("hiredis' reader in Swift")
struct ReplyReaderTests {
    private let wire = Samples.wire
    private let replies = Samples.replies.map(\.reply)

    @Test("every kind of reply is read as it is", arguments: 0..<Samples.replies.count)
    func kinds(_ index: Int) throws {
        let sample = Samples.replies[index]
        #expect(try ReplyReader.all([Array(sample.wire.utf8)[...]]) == [sample.reply])
    }

    @Test("replies are the same wherever their bytes are split in two, and in three")
    func splits() throws {
        for first in 0...wire.count {
            for second in first...wire.count {
                let read = try ReplyReader.all([wire[..<first], wire[first..<second], wire[second...]])
                guard read == replies else {
                    Issue.record("split at \(first) and \(second)")
                    return
                }
            }
        }
    }

    @Test("replies are the same byte by byte")
    func bytes() throws {
        #expect(try ReplyReader.all(wire.indices.map { wire[$0...$0] }) == replies)
    }

    @Test("what is cut short gives the replies before it, and nothing else", arguments: 0..<Samples.wire.count)
    func truncated(_ count: Int) throws {
        let read = try ReplyReader.all([wire[..<count]])
        #expect(read == Array(replies[..<read.count]))
        let whole = Samples.replies[..<read.count].reduce(0) { $0 + $1.wire.utf8.count }
        #expect(whole <= count && count < whole + Samples.replies[read.count].wire.utf8.count)
    }

    @Test("a long stream in large parts loses nothing")
    func stream() throws {
        let many = Array(repeatElement(wire, count: 3000).joined())
        let parts = stride(from: 0, to: many.count, by: 100_000).map { many[$0..<min($0 + 100_000, many.count)] }
        #expect(try ReplyReader.all(parts) == Array(repeatElement(replies, count: 3000).joined()))
    }

    @Test("eight arrays inside each other are the limit")
    func nesting() throws {
        let deepest = Samples.nested(8)
        #expect(try ReplyReader.all([deepest.wire[...]]) == [deepest.reply])
        #expect(throws: RESPError(.malformed, "not RESP")) { try ReplyReader.all([Samples.nested(9).wire[...]]) }
    }

    @Test(
        "what is not RESP is refused",
        arguments: [
            "OK\r\n", "\r\n", ":\r\n", ":1a\r\n", ":9223372036854775808\r\n", "$a\r\n", "$-2\r\n", "*-2\r\n", "*a\r\n",
            "$1\r\nab\r\n", "$1\r\na\n\r", "*99999999999\r\n", "%1\r\n", "_\r\n", "#t\r\n", ",1.5\r\n", ">1\r\n",
        ])
    func malformed(_ text: String) {
        #expect(throws: RESPError.self) { try ReplyReader.all([Array(text.utf8)[...]]) }
    }

    @Test("replies before a violation are given, and after it nothing is read any more")
    func violation() {
        var reader = ReplyReader()
        var read: [RedisReply] = []
        #expect(throws: RESPError.self) { try reader.read(Array("+A\r\n:1\r\n?\r\n+B\r\n".utf8), into: &read) }
        #expect(read == [.status("A"), .integer(1)])
        #expect(throws: RESPError.self) { try reader.read(Array("+C\r\n".utf8), into: &read) }
        #expect(read.count == 2)
    }
}

@Suite("Limits of the reader")
struct ReplyLimitTests {
    private let limits = ReplyLimits(bulkString: 1000, elements: 10, line: 100, reply: 2500)

    private func read(_ text: String) throws(RESPError) -> [RedisReply] {
        try ReplyReader.all([Array(text.utf8)[...]], limits: limits)
    }

    private func bulk(_ count: Int) -> String { "$\(count)\r\n\(String(repeating: "x", count: count))\r\n" }

    private func expectTooLarge(_ text: String) {
        let error = #expect(throws: RESPError.self) { try read(text) }
        #expect(error?.code == .tooLarge)
    }

    @Test("a bulk string may have its limit and not a byte more")
    func bulkString() throws {
        #expect(try read(bulk(1000)).count == 1)
        expectTooLarge(bulk(1001))
    }

    @Test("a line may have its limit and not a byte more")
    func line() throws {
        #expect(try read("+\(String(repeating: "x", count: 100))\r\n").count == 1)
        expectTooLarge("+\(String(repeating: "x", count: 101))\r\n")
    }

    @Test("the elements of all arrays of a reply count together, and those of the next reply anew")
    func elements() throws {
        let ten = "*5\r\n:1\r\n:2\r\n:3\r\n:4\r\n*5\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n"
        #expect(try read(ten + ten).count == 2)
        expectTooLarge("*5\r\n:1\r\n:2\r\n:3\r\n:4\r\n*6\r\n")
        expectTooLarge("*2147483647\r\n")
    }

    @Test("the bytes of a reply count together, and those of the next reply anew")
    func reply() throws {
        let two = "*2\r\n" + bulk(1000) + bulk(1000)
        #expect(try read(two + two).count == 2)
        expectTooLarge("*3\r\n" + bulk(1000) + bulk(1000) + bulk(1000))
    }

    @Test("what never ends is given up once it is beyond the limit, not when it ends")
    func endless() {
        for start in ["+", "-", ":", "$", "*", "$5000\r\n", "*2\r\n$5000\r\n"] {
            var reader = ReplyReader(limits: limits)
            var replies: [RedisReply] = []
            var fed = 0
            var error: RESPError?
            do {
                try reader.read(Array(start.utf8), into: &replies)
                while fed < 10_000 {
                    try reader.read(repeatElement(UInt8(ascii: "1"), count: 10), into: &replies)
                    fed += 10
                }
            } catch let violation { error = violation }
            #expect(error != nil && fed <= 1100, "\(start) at \(fed)")
        }
    }

    @Test("a large bulk string within the limit is read whole, and its memory is let go")
    func large() throws {
        let count = 32 << 20
        var reader = ReplyReader()
        var replies: [RedisReply] = []
        try reader.read(Array("$\(count)\r\n".utf8), into: &replies)
        let part = [UInt8](repeating: 7, count: 1 << 20)
        for _ in 0..<32 { try reader.read(part, into: &replies) }
        try reader.read(Array("\r\n".utf8), into: &replies)
        #expect(replies == [.bytes([UInt8](repeating: 7, count: count))])
        #expect(reader.heldBytes == 0)
    }
}

@Suite("The reader and bytes from strangers")
struct ReplyFuzzTests {
    @Test("random bytes, and replies with random changes, are read or refused", arguments: [1, 2, 3, 4] as [UInt64])
    func random(_ seed: UInt64) {
        var random = Samples.Random(seed: seed)
        let alphabet = Array("+-:$*\r\n0123456789ab".utf8)
        for _ in 0..<4000 {
            var bytes: [UInt8]
            if Bool.random(using: &random) {
                bytes = Samples.wire
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
            } else {
                let count = Int.random(in: 0...60, using: &random)
                bytes = (0..<count).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            }
            let split = Int.random(in: 0...bytes.count, using: &random)
            let parts = [bytes[..<split], bytes[split...]]
            let whole = Result { try ReplyReader.all([bytes[...]]) }
            let inParts = Result { try ReplyReader.all(parts) }
            // Split or not, the same comes of it.
            switch (whole, inParts) {
            case (.success(let left), .success(let right)): #expect(left == right, "seed \(seed)")
            case (.failure, .failure): break
            case (.success, .failure), (.failure, .success): Issue.record("seed \(seed): \(bytes)")
            }
        }
    }
}
