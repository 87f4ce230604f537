import RESP
import Testing

@testable import RedisClient

@Suite("What a server's error says about where a command belongs")
struct RedirectionAdviceTests {
    private static let asked = RedisAddress.host("10.0.0.9", port: 7000)

    private func advice(_ text: String, attempt: Int = 1) -> RedirectionAdvice {
        RedirectionAdvice(RedisServerError(text), from: Self.asked, attempt: attempt)
    }

    @Test("MOVED: follow at once, and learn")
    func moved() {
        let found = advice("MOVED 3999 127.0.0.1:6381")
        let target = RedisAddress.host("127.0.0.1", port: 6381)
        #expect(found.step == .follow(target, asking: false))
        #expect(found.wait == .zero)
        #expect(found.lesson == .moved(slot: 3999, to: target))
    }

    @Test("ASK: follow at once with ASKING, and learn nothing")
    func ask() {
        let found = advice("ASK 3999 ::1:6381")
        #expect(found.step == .follow(.host("::1", port: 6381), asking: true))
        #expect(found.wait == .zero)
        #expect(found.lesson == nil)
    }

    @Test("a place without a host is on the host that was asked")
    func sameHost() {
        #expect(advice("MOVED 1 :6381").step == .follow(.host("10.0.0.9", port: 6381), asking: false))
    }

    @Test(
        "TRYAGAIN and LOADING: wait; CLUSTERDOWN, READONLY and MASTERDOWN: wait, and ask who is primary",
        arguments: [
            ("TRYAGAIN Multiple keys request during rehashing of slot", nil),
            ("LOADING Redis is loading the dataset in memory", nil), ("CLUSTERDOWN The cluster is down", .outdated),
            ("READONLY You can't write against a read only replica.", .outdated),
            ("MASTERDOWN Link with MASTER is down", .outdated),
        ] as [(String, RedirectionAdvice.Lesson?)])
    func retry(_ text: String, _ lesson: RedirectionAdvice.Lesson?) {
        let found = advice(text)
        #expect(found.step == .retry)
        #expect(found.wait == .milliseconds(10))
        #expect(found.lesson == lesson)
    }

    @Test("waits grow up to a limit; servers that send to each other are waited for from the third time on")
    func waits() {
        let waits = (1...7).map { advice("TRYAGAIN", attempt: $0).wait }
        #expect(waits == [10, 20, 40, 80, 160, 160, 160].map { .milliseconds($0) })
        let following = (1...4).map { advice("MOVED 1 a:1", attempt: $0).wait }
        #expect(following == [0, 0, 10, 20].map { .milliseconds($0) })
    }

    @Test("attempts go on, with a wait that stays the same: the command's deadline ends them")
    func many() {
        for text in ["MOVED 1 a:1", "ASK 1 a:1", "TRYAGAIN", "CLUSTERDOWN"] {
            let found = advice(text, attempt: 10_000)
            #expect(found.step != .deliver && found.wait == .milliseconds(160))
        }
    }

    @Test(
        "all else is the caller's",
        arguments: [
            "ERR unknown command", "WRONGTYPE Operation against a key", "NOSCRIPT No matching script", "",
            "MOVED", "MOVED x a:1", "MOVED 16384 a:1", "MOVED 1 a", "MOVED 1 a:0", "ASK 1 a:65536", "moved 1 a:1",
        ])
    func others(_ text: String) {
        #expect(advice(text).step == .deliver)
        #expect(advice(text).lesson == nil)
    }
}
