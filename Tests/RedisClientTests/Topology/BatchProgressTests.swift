import RESP
import Testing

@testable import RedisClient

@Suite("A batch whose slot is moving")
struct BatchProgressTests {
    private let commands = [RedisCommand("GET", "a"), RedisCommand("GET", "b"), RedisCommand("GET", "c")]
    private let asked = RedisReply.error(RedisServerError("ASK 1 a:1"))

    @Test("is over when nothing was refused; errors of commands stand among the replies")
    func whole() {
        var progress = BatchProgress(commands)
        #expect(progress.next(asking: false) == commands)
        let replies: [RedisReply] = [.integer(1), .error(RedisServerError("WRONGTYPE no")), .integer(3)]
        #expect(progress.take(replies, asking: false) == nil)
        #expect(progress.result == replies)
    }

    @Test("goes on with what was refused, in order, after ASKING where that is asked for")
    func rest() {
        var progress = BatchProgress(commands)
        #expect(progress.take([asked, .integer(2), asked], asking: false) == RedisServerError("ASK 1 a:1"))
        #expect(
            progress.next(asking: true) == [
                RedisCommand("ASKING"), commands[0], RedisCommand("ASKING"), commands[2],
            ])
        let moved = RedisReply.error(RedisServerError("MOVED 1 b:1"))
        #expect(progress.take([.status("OK"), .integer(1), .status("OK"), moved], asking: true)?.kind == "MOVED")
        #expect(progress.next(asking: false) == [commands[2]])
        #expect(progress.take([.integer(3)], asking: false) == nil)
        #expect(progress.result == [.integer(1), .integer(2), .integer(3)])
    }
}
