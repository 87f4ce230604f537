import RESP
import Testing

@testable import RedisClient

@Suite("The replies to a transaction")
struct TransactionOutcomeTests {
    private static let ok = RedisReply.status("OK")
    private static let queued = RedisReply.status("QUEUED")
    private static let aborted = error("EXECABORT Transaction discarded")
    private static let moved = error("MOVED 1 b:1")
    private static let noMulti = error("ERR EXEC without MULTI")
    private static let noPermission = error("NOPERM this user has no permissions to run the 'multi' command")

    private static func error(_ message: String) -> RedisReply { .error(RedisServerError(message)) }

    private func failure(_ replies: [RedisReply], count: Int = 1) -> RedisError? {
        switch TransactionOutcome.answers(in: replies, count: count) {
        case .success: nil
        case .failure(let error): error
        }
    }

    @Test("are its commands' answers, once it was begun and executed")
    func success() throws {
        let answers = TransactionOutcome.answers(in: [Self.ok, Self.queued, .array([.integer(1)])], count: 1)
        #expect(try answers.get() == [.integer(1)])
        #expect(try TransactionOutcome.answers(in: [Self.ok, .array([])], count: 0).get().isEmpty)
    }

    @Test(
        "say for certain that nothing was executed, where it was begun and discarded",
        arguments: [
            ([ok, error("ERR unknown command"), aborted], "ERR"), ([ok, moved, aborted], "MOVED"),
            ([ok, queued, moved], "MOVED"), ([ok, queued, aborted], "EXECABORT"),
        ])
    func discarded(_ replies: [RedisReply], _ kind: String) {
        let error = failure(replies)
        #expect(error?.code == .transactionDiscarded && error?.mayHaveBeenExecuted == false)
        #expect(error?.serverError?.kind == kind)
    }

    @Test(
        "leave open what was executed, where it was not begun or EXEC failed in another way",
        arguments: [
            [noPermission, .integer(1), noMulti], [noPermission, moved, noMulti], [noPermission, .integer(1), aborted],
            [ok, queued, error("ERR no")], [ok, queued, .null], [ok, queued, .array([])], [],
            [.integer(1), queued, .array([.integer(1)])],
        ])
    func uncertain(_ replies: [RedisReply]) {
        let error = failure(replies)
        #expect(error.map { [.server, .protocolViolation].contains($0.code) } == true)
        #expect(error?.mayHaveBeenExecuted == true)
        #expect(TransactionOutcome.redirection(in: replies) == nil)
    }

    @Test("send it elsewhere only where it was discarded for that")
    func redirection() {
        let (ok, queued, moved) = (Self.ok, Self.queued, Self.moved)
        #expect(TransactionOutcome.redirection(in: [ok, moved, Self.aborted])?.kind == "MOVED")
        #expect(TransactionOutcome.redirection(in: [ok, queued, moved])?.kind == "MOVED")
        #expect(TransactionOutcome.redirection(in: [ok, Self.error("ERR no"), Self.aborted]) == nil)
        #expect(TransactionOutcome.redirection(in: [ok, queued, .array([.integer(1)])]) == nil)
        #expect(TransactionOutcome.redirection(in: [ok, queued, .array([moved])]) == nil)
    }
}
