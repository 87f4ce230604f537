import TesseraCore
import TesseraRuntime
import TesseraTestKit
import Testing

@Suite("Marks: coalesced, written behind")
struct MarkBookTests {
    private let start = Timestamp(seconds: 1_800_000_000)
    private let session = SessionID(high: 1, low: 2)

    private func user() throws -> UserID { try #require(UserID("ada")) }

    private func use(_ seconds: Int, _ generation: UInt32 = 1) -> SessionRecord.Use {
        SessionRecord.Use(at: start + .seconds(seconds), generation: Generation(generation))
    }

    @Test("However many requests there are, one mark goes out: the latest use")
    func coalescing() throws {
        let book = MarkBook(interval: .seconds(30))
        for second in [3, 9, 5] { book.note(try user(), session, use(second)) }
        book.note(try user(), session, use(1, 2))
        #expect(book.due(at: start) == [Mark(user: try user(), session: session, use: use(9, 2))])
        #expect(book.use(of: session) == use(9, 2))
    }

    @Test("Written once an interval; a new generation at once; what could not be written stays")
    func dueRules() throws {
        let book = MarkBook(interval: .seconds(30))
        let user = try user()
        book.note(user, session, use(0))
        let first = book.due(at: start)
        #expect(book.due(at: start) == first, "until it is written, it is due")
        book.written(first, at: start)
        #expect(book.due(at: start).isEmpty)
        book.note(user, session, use(10))
        #expect(book.due(at: start + .seconds(29)).isEmpty)
        #expect(book.due(at: start + .seconds(30)) == [Mark(user: user, session: session, use: use(10))])
        book.note(user, session, use(11, 2))
        #expect(book.due(at: start + .seconds(11)).map(\.use) == [use(11, 2)])
        book.written(book.due(at: start + .seconds(11)), at: start + .seconds(11))
        book.note(user, session, use(12, 2))
        #expect(book.due(at: start + .seconds(12)).isEmpty)
        #expect(book.due(at: start + .seconds(12), all: true).map(\.use) == [use(12, 2)])
    }

    @Test("A use that comes while marks are being written is not lost")
    func usedWhileWriting() throws {
        let book = MarkBook(interval: .seconds(30))
        book.note(try user(), session, use(0))
        let due = book.due(at: start)
        book.note(try user(), session, use(1))
        book.written(due, at: start)
        #expect(book.use(of: session) == use(1))
        #expect(book.due(at: start + .seconds(30)).map(\.use) == [use(1)])
    }

    @Test("A session that is idle is forgotten, one with something unwritten is not")
    func idle() throws {
        let book = MarkBook(interval: .seconds(30))
        book.note(try user(), session, use(0))
        #expect(book.due(at: start + .hours(1)).count == 1)
        #expect(book.use(of: session) != nil)
        book.written(book.due(at: start), at: start)
        _ = book.due(at: start + .seconds(29))
        #expect(book.use(of: session) != nil)
        _ = book.due(at: start + .seconds(30))
        #expect(book.use(of: session) == nil)
        book.note(try user(), session, use(5))
        book.forget(session)
        #expect(book.use(of: session) == nil && book.due(at: start + .hours(1)).isEmpty)
    }

    @Test("Beyond the limit marks are dropped and counted; those that are in go on")
    func limit() throws {
        let book = MarkBook(interval: .seconds(30), limit: 64)
        for number in 0..<1000 as Range<UInt64> { book.note(try user(), SessionID(high: number, low: 1), use(0)) }
        let kept = book.due(at: start)
        #expect(kept.count <= 64 && kept.count > 0)
        #expect(book.droppedCount == 1000 - kept.count)
        let one = try #require(kept.first)
        book.note(one.user, one.session, use(9))
        #expect(book.use(of: one.session) == use(9))
        #expect(book.droppedCount == 1000 - kept.count)
    }

    @Test("Notes and writes at the same time lose nothing")
    func concurrency() async throws {
        let book = MarkBook(interval: .zero)
        let user = try user()
        let sessions = (0..<40).map { SessionID(high: UInt64($0), low: 7) }
        let written = Recorder<Mark>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for second in 0..<200 {
                        book.note(user, sessions[(second * 7 + task) % 40], self.use(second + task))
                    }
                }
            }
            group.addTask {
                for round in 0..<100 {
                    let now = self.start + .seconds(round)
                    let due = book.due(at: now)
                    for mark in due { written.note(mark) }
                    book.written(due, at: now)
                    await Task.yield()
                }
            }
            try await group.waitForAll()
        }
        for mark in book.due(at: start + .days(1)) { written.note(mark) }
        for (index, session) in sessions.enumerated() {
            var latest = 0
            for task in 0..<8 {
                for second in 0..<200 where (second * 7 + task) % 40 == index { latest = max(latest, second + task) }
            }
            let last = written.values.filter { $0.session == session }.map(\.use.at).max()
            #expect(last == start + .seconds(latest))
        }
    }
}
