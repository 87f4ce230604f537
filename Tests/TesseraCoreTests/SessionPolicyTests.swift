import TesseraCore
import Testing

@Suite("A session policy")
struct SessionPolicyTests {
    @Test("has the presets that the documents promise")
    func presets() {
        #expect(SessionPolicy.consumer.absoluteTimeout == .days(30))
        #expect(SessionPolicy.consumer.idleTimeout == .days(14))
        #expect(SessionPolicy.consumer.freshWindow == .minutes(5))
        #expect(SessionPolicy.aal2.absoluteTimeout == .hours(24))
        #expect(SessionPolicy.aal2.idleTimeout == .hours(1))
        #expect(SessionPolicy.aal2.freshWindow == .minutes(5))
        #expect(SessionPolicy.aal3.absoluteTimeout == .hours(12))
        #expect(SessionPolicy.aal3.idleTimeout == .minutes(15))
        #expect(SessionPolicy.aal3.freshWindow == .seconds(60))
        #expect(SessionPolicy.clockSkew == .seconds(15))
    }

    @Test(
        "of a preset has a grace of 30 seconds, ends one session on reuse, and no problems",
        arguments: [SessionPolicy.consumer, .aal2, .aal3])
    func presetsAreSound(policy: SessionPolicy) {
        #expect(policy.grace == .seconds(30))
        #expect(policy.sessionsPerUser == 100)
        #expect(policy.onReuse == .revokeSession)
        #expect(policy.problems.isEmpty)
    }

    /// A change of a sound policy, and what `problems` must then begin with; `nil` for nothing.
    struct Variation: Sendable, CustomTestStringConvertible {
        let name: String
        let problem: String?
        let change: @Sendable (inout SessionPolicy) -> Void
        var testDescription: String { name }
    }

    static let variations: [Variation] = [
        Variation(name: "fresh 999 ms", problem: "freshWindow") {
            ($0.freshWindow, $0.grace) = (.milliseconds(999), .zero)
        },
        Variation(name: "fresh 1 s", problem: nil) { ($0.freshWindow, $0.grace) = (.seconds(1), .zero) },
        Variation(name: "fresh 24 h", problem: nil) { $0.freshWindow = .hours(24) },
        Variation(name: "fresh beyond 24 h", problem: "freshWindow") { $0.freshWindow = .hours(24) + .milliseconds(1) },
        Variation(name: "idle as fresh", problem: "idleTimeout") { $0.idleTimeout = $0.freshWindow },
        Variation(name: "idle just above fresh", problem: nil) { $0.idleTimeout = $0.freshWindow + .milliseconds(1) },
        Variation(name: "absolute as idle", problem: nil) { $0.absoluteTimeout = $0.idleTimeout },
        Variation(name: "absolute below idle", problem: "absoluteTimeout") {
            $0.absoluteTimeout = $0.idleTimeout - .milliseconds(1)
        },
        Variation(name: "absolute 3650 d", problem: nil) { $0.absoluteTimeout = .days(3650) },
        Variation(name: "absolute beyond", problem: "absoluteTimeout") {
            $0.absoluteTimeout = .days(3650) + .milliseconds(1)
        },
        Variation(name: "grace negative", problem: "grace") { $0.grace = .milliseconds(-1) },
        Variation(name: "strict", problem: nil) { $0.grace = .zero },
        Variation(name: "grace beyond fresh", problem: "grace") { $0.grace = $0.freshWindow + .milliseconds(1) },
        Variation(name: "no session", problem: "sessionsPerUser") { $0.sessionsPerUser = 0 },
        Variation(name: "one session", problem: nil) { $0.sessionsPerUser = 1 },
        Variation(name: "1000 sessions", problem: nil) { $0.sessionsPerUser = 1000 },
        Variation(name: "1001 sessions", problem: "sessionsPerUser") { $0.sessionsPerUser = 1001 },
        Variation(name: "negative sessions", problem: "sessionsPerUser") { $0.sessionsPerUser = .min },
    ]

    @Test("says exactly which of its limits is wrong", arguments: variations)
    func problems(variation: Variation) {
        var policy = SessionPolicy.consumer
        variation.change(&policy)
        let named = policy.problems.compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(named == [variation.problem].compactMap { $0 })
    }

    @Test("says all that is wrong at once")
    func allProblems() {
        let policy = SessionPolicy(
            absoluteTimeout: .zero, idleTimeout: .zero - .seconds(1), freshWindow: .zero, grace: .seconds(1),
            sessionsPerUser: 0)
        #expect(policy.problems.count >= 4)
    }

    @Test("names its answers to reuse as configuration files do")
    func reuseResponses() {
        #expect(
            SessionPolicy.ReuseResponse.allCases.map(\.rawValue)
                == ["revoke_session", "revoke_user_on_other_device", "revoke_user"])
    }
}
