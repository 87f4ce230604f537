import TesseraCore
import TesseraRuntime
import Testing

@Suite("Who watches a session")
struct SessionWatchersTests {
    private func subject(_ user: String, session: UInt64) throws -> SessionWatchers.Subject {
        SessionWatchers.Subject(
            user: try #require(UserID(user)), session: SessionID(high: 1, low: session), userEpoch: .initial,
            deploymentEpoch: .initial, until: .distantFuture)
    }

    @Test("has a share of what there is: of a session, and of a user's sessions, only so many are taken")
    func shares() throws {
        let watchers = SessionWatchers(limit: 1000)
        var streams: [AsyncStream<SessionNotice>] = []
        func watch(_ user: String, _ session: UInt64, times: Int) throws -> Int {
            let before = streams.count
            for _ in 0..<times {
                if let stream = watchers.watch(try subject(user, session: session)) { streams.append(stream) }
            }
            return streams.count - before
        }
        #expect(try watch("ada", 1, times: 100) == SessionWatchers.sessionLimit)
        let sessions = SessionWatchers.userLimit / SessionWatchers.sessionLimit
        for session in 2...UInt64(sessions) {
            #expect(try watch("ada", session, times: 100) == SessionWatchers.sessionLimit)
        }
        #expect(try watch("ada", 99, times: 1) == 0)
        #expect(try watch("bob", 100, times: 1) == 1)
    }
}
