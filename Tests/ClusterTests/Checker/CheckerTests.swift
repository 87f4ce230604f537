import ClusterKit
import Testing

/// A history by hand: times are milliseconds.
private func operation(
    _ action: ClientOperation.Action, at node: Int = 1, _ times: ClosedRange<Int>, _ outcome: ClientOperation.Outcome
) -> ClientOperation {
    ClientOperation(
        action, at: node, invoked: .milliseconds(times.lowerBound), returned: .milliseconds(times.upperBound), outcome)
}

private func token(_ generation: UInt32 = 1, user: String = "ada", content: String = "") -> SeenToken {
    SeenToken(user: user, session: "session of \(user)", generation: generation, content: content)
}

private let signIn = operation(.signIn(user: "ada"), 0...10, .accepted(token()))
private let done = ClientOperation.Outcome.revoked(ClientOperation.Acknowledgement())
private let replicated = ClientOperation.Outcome.revoked(ClientOperation.Acknowledgement(isReplicated: true))
private let confirmed = ClientOperation.Outcome.revoked(ClientOperation.Acknowledgement(isConfirmed: true))
private let signOut = ClientOperation.Action.revoke(.session(token().session))
private let accepted = ClientOperation.Outcome.accepted(nil)

private func kinds(_ operations: ClientOperation..., events: [History.Event] = []) -> [Violation.Kind] {
    HistoryChecker(bound: .seconds(2), grace: .seconds(30))
        .violations(in: History(operations: operations, events: events)).map(\.kind)
}

@Suite("The checker finds what breaks a promise, and nothing else")
struct CheckerTests {
    @Test(
        "A token may be accepted until the bound after its revocation has returned, and no longer",
        arguments: [
            ClientOperation.Target.session("session of ada"), .user("ada"), .everybody,
        ])
    func bound(target: ClientOperation.Target) {
        let ending = operation(.revoke(target), 100...200, done)
        #expect(kinds(signIn, ending, operation(.check(token()), at: 2, 2200...9000, accepted)) == [])
        #expect(
            kinds(signIn, ending, operation(.check(token()), at: 2, 2201...2202, accepted)) == [.acceptedAfterBound])
        // What came of it does not count before it has returned, and not where it has not.
        #expect(kinds(signIn, operation(.check(token()), 150...160, accepted), ending) == [])
        let lost = operation(.revoke(target), 100...200, .unknown)
        #expect(kinds(signIn, lost, operation(.check(token()), 5000...5010, accepted)) == [])
    }

    @Test("Others are not meant by a revocation, nor is a session that begins meanwhile")
    func others() {
        let bob = operation(.check(token(user: "bob")), 5000...5010, accepted)
        #expect(kinds(signIn, operation(signOut, 100...200, done), bob) == [])
        #expect(kinds(signIn, operation(.revoke(.user("ada")), 100...200, done), bob) == [])
        let meanwhile = operation(.signIn(user: "ada"), 90...150, .accepted(token()))
        let later = operation(.check(token()), 5000...5010, accepted)
        #expect(kinds(meanwhile, operation(.revoke(.user("ada")), 100...200, done), later) == [])
    }

    @Test("After every node has confirmed, nothing is accepted at all")
    func confirmation() {
        let check = operation(.check(token()), at: 3, 201...202, accepted)
        #expect(kinds(signIn, operation(signOut, 100...200, confirmed), check) == [.acceptedAfterConfirmation])
        #expect(kinds(signIn, operation(signOut, 100...201, confirmed), check) == [])
    }

    @Test("A revocation that only the store had may be lost with it; one that a replica had may not")
    func lostRevocation() {
        let check = operation(.check(token()), 9000...9010, accepted)
        let lost = History.Event.storeLost(since: .milliseconds(50), until: .milliseconds(300))
        let forgot = History.Event.nodesForgot(at: .milliseconds(400))
        let one = operation(signOut, 100...200, done)
        #expect(kinds(signIn, one, check, events: [lost, forgot]) == [])
        #expect(kinds(signIn, one, check, events: [lost]) == [.acceptedAfterBound])
        #expect(kinds(signIn, one, check, events: [forgot]) == [.acceptedAfterBound])
        let two = operation(signOut, 100...200, replicated)
        #expect(kinds(signIn, two, check, events: [lost, forgot]) == [.replicatedLost])
    }

    @Test("Who was told to be signed out is not let in again")
    func revival() {
        let ending = operation(signOut, 100...200, .unknown)
        let refusal = operation(.check(token()), 300...310, .refused)
        #expect(kinds(signIn, ending, refusal, operation(.check(token()), 2400...2401, accepted)) == [.revived])
        #expect(kinds(signIn, ending, refusal, operation(.check(token()), 2310...2401, accepted)) == [])
        // By a newer generation neither.
        #expect(kinds(signIn, ending, refusal, operation(.check(token(2)), 2400...2401, accepted)) == [.revived])
    }

    @Test("Nobody is signed out without a cause that came before")
    func signedOut() {
        let refusal = operation(.check(token()), 300...310, .refused)
        #expect(kinds(signIn, refusal) == [.signedOutByFailure])
        #expect(kinds(signIn, operation(signOut, 100...200, .unknown), refusal) == [])
        #expect(kinds(signIn, operation(.revoke(.everybody), 305...400, done), refusal) == [])
        #expect(kinds(signIn, refusal, operation(signOut, 311...400, done)) == [.signedOutByFailure])
        #expect(kinds(signIn, operation(.revoke(.user("bob")), 100...200, done), refusal) == [.signedOutByFailure])
    }

    @Test("Whose session was lost with the store's data is signed out; whose was not, is not")
    func lostSession() {
        let refusal = operation(.check(token()), 5000...5010, .refused)
        let emptied = History.Event.storeLost(since: .zero, until: .milliseconds(300))
        #expect(kinds(signIn, refusal, events: [emptied]) == [])
        let later = History.Event.storeLost(since: .milliseconds(50), until: .milliseconds(300))
        #expect(kinds(signIn, refusal, events: [later]) == [.signedOutByFailure])
        let tooLate = History.Event.storeLost(since: .zero, until: .milliseconds(6000))
        #expect(kinds(signIn, refusal, events: [tooLate]) == [.signedOutByFailure])
    }

    @Test("An old generation may be refused once its successor is in use and the grace is over")
    func reuse() {
        let rotation = operation(.check(token()), 100...110, .accepted(token(2)))
        let use = operation(.check(token(2)), 120...130, accepted)
        let late = operation(.check(token()), 30_100...30_101, .refused)
        #expect(kinds(signIn, rotation, use, late) == [])
        #expect(kinds(signIn, rotation, late) == [.signedOutByFailure])
        let early = operation(.check(token()), 20_000...20_001, .refused)
        #expect(kinds(signIn, rotation, use, early) == [.signedOutByFailure])
    }

    @Test("A generation has one successor until that is used, and one token")
    func forks() {
        let one = operation(.check(token()), at: 1, 100...200, .accepted(token(2, content: "a")))
        let two = operation(.check(token()), at: 2, 100...200, .accepted(token(2, content: "b")))
        #expect(kinds(signIn, one, two) == [.forked])
        let same = operation(.check(token()), at: 2, 100...200, .accepted(token(2, content: "a")))
        #expect(kinds(signIn, one, same) == [])
        let next = operation(.check(token()), at: 3, 150...250, .accepted(token(3)))
        #expect(kinds(signIn, one, next) == [.forked])
        #expect(kinds(signIn, one, next, operation(.check(token(2)), 220...400, .unknown)) == [])
        #expect(kinds(signIn, one, next, operation(.check(token(2)), 260...400, accepted)) == [.forked])
        #expect(kinds(signIn, one, next, operation(.update(token()), 220...400, .unknown)) == [])
        let lost = History.Event.storeLost(since: .milliseconds(50), until: .milliseconds(300))
        #expect(kinds(signIn, one, two, events: [lost]) == [])
    }

    @Test("A node answers with yes, with no, or with 503")
    func failed() {
        #expect(kinds(signIn, operation(.check(token()), 100...200, .failed(status: 500))) == [.failed])
        #expect(kinds(signIn, operation(signOut, 100...200, .failed(status: 502))) == [.failed])
    }

    @Test("A node that cannot tell says when to come back, and leaves the cookie alone")
    func unavailable() {
        let answer = { (hasRetryAfter: Bool, clears: Bool) in
            operation(
                .check(token()), 100...200,
                .unavailable(ClientOperation.Unavailability(hasRetryAfter: hasRetryAfter, clearsCookie: clears)))
        }
        #expect(kinds(signIn, answer(true, false)) == [])
        #expect(kinds(signIn, answer(false, false)) == [.noRetryAfter])
        #expect(kinds(signIn, answer(true, true)) == [.clearedByFailure])
    }
}
