import RESP
import Testing

@testable import RedisClient

@Suite("What Sentinels say")
struct SentinelViewTests {
    private func sentinel(_ number: Int) -> RedisAddress { .host("10.0.0.\(number)", port: 26_379) }
    private func server(_ number: Int) -> RedisAddress { .host("10.0.1.\(number)", port: 6379) }

    private func answer(_ primary: Int?, epoch: Int = 0, others: [Int] = []) -> Result<SentinelAnswer, RedisError> {
        .success(SentinelAnswer(primary: primary.map(server), epoch: epoch, others: others.map(sentinel)))
    }

    private let silence: Result<SentinelAnswer, RedisError> = .failure(RedisError(.unavailable, "no"))

    @Test("the first who knows the primary is believed")
    func first() {
        var view = SentinelView(configured: [sentinel(1), sentinel(2)])
        #expect(view.take(silence, from: sentinel(2)) == .undecided)
        #expect(view.take(answer(1), from: sentinel(1)) == .primary(server(1)))
    }

    @Test("who knows of the most failovers is right, however many say otherwise")
    func epochs() {
        var view = SentinelView(configured: [sentinel(1), sentinel(2), sentinel(3)])
        _ = view.take(answer(1, epoch: 4), from: sentinel(1))
        _ = view.take(answer(1, epoch: 4), from: sentinel(2))
        #expect(view.take(answer(2, epoch: 5), from: sentinel(3)) == .primary(server(2)))
        #expect(view.take(answer(1, epoch: 4), from: sentinel(1)) == .primary(server(2)))
    }

    @Test("one that missed a failover is not believed alone, but most of them are")
    func older() {
        var view = SentinelView(configured: [sentinel(1), sentinel(2), sentinel(3)])
        _ = view.take(answer(2, epoch: 5), from: sentinel(1))
        _ = view.take(silence, from: sentinel(2))
        _ = view.take(answer(1, epoch: 4), from: sentinel(3))
        guard case .unknown(let error) = view.take(silence, from: sentinel(1)) else {
            Issue.record("the older answer was believed")
            return
        }
        #expect(error.code == .noPrimary)
        #expect(view.take(answer(1, epoch: 4), from: sentinel(2)) == .primary(server(1)))
    }

    @Test("nobody is blamed before all have been asked, and then the reason is told")
    func reasons() {
        var view = SentinelView(configured: [sentinel(1), sentinel(2)])
        #expect(view.take(silence, from: sentinel(1)) == .undecided)
        guard case .unknown(let error) = view.take(silence, from: sentinel(2)) else {
            Issue.record("somebody was believed")
            return
        }
        #expect(error.code == .unavailable)
        guard case .unknown(let other) = view.take(answer(nil), from: sentinel(2)) else {
            Issue.record("somebody was believed")
            return
        }
        #expect(other.code == .noPrimary)
    }

    @Test("the list of Sentinels follows what they say, keeps those of the configuration, and is bounded")
    func list() {
        var view = SentinelView(configured: [sentinel(1)])
        _ = view.take(answer(1, others: [2, 3]), from: sentinel(1))
        #expect(view.sentinels == [1, 2, 3].map(sentinel))
        _ = view.take(answer(1, others: [2]), from: sentinel(1))
        #expect(view.sentinels == [1, 2].map(sentinel))
        _ = view.take(silence, from: sentinel(1))
        #expect(view.sentinels == [1, 2].map(sentinel))
        _ = view.take(answer(1, others: Array(2...100)), from: sentinel(1))
        #expect(view.sentinels.count == SentinelView.limit)
    }
}

@Suite("A Sentinel's answer")
struct SentinelAnswerTests {
    private static func text(_ text: String) -> RedisReply { .bytes(Array(text.utf8)) }
    private static func fields(_ words: String...) -> RedisReply { .array(words.map(text)) }

    private static let place = fields("10.0.1.1", "6379")
    private static let master = fields("name", "main", "config-epoch", "7", "flags", "master")

    @Test("is the address, the number of the failover, and the other Sentinels")
    func parts() throws {
        let others = RedisReply.array([Self.fields("name", "x", "ip", "10.0.0.2", "port", "26379"), Self.fields("ip")])
        let answer = try SentinelAnswer([Self.place, Self.master, others])
        #expect(
            answer
                == SentinelAnswer(
                    primary: .host("10.0.1.1", port: 6379), epoch: 7, others: [.host("10.0.0.2", port: 26_379)]))
    }

    @Test("may be that the name is not known")
    func unknown() throws {
        let no = RedisReply.error(RedisServerError("ERR No such master with that name"))
        #expect(try SentinelAnswer([.null, no, no]).primary == nil)
    }

    @Test(
        "is refused where it is no answer",
        arguments: [
            [], [SentinelAnswerTests.place], [.error(RedisServerError("NOAUTH no")), .null, .null],
            [.integer(1), SentinelAnswerTests.master, .array([])], [SentinelAnswerTests.place, .null, .array([])],
            [SentinelAnswerTests.place, SentinelAnswerTests.fields("config-epoch", "x"), .array([])],
            [.array([]), SentinelAnswerTests.master, .array([])],
        ])
    func refusal(_ replies: [RedisReply]) {
        #expect(throws: RedisError.self) { try SentinelAnswer(replies) }
    }
}
