import TesseraCore
import TesseraRuntime
import Testing

@Suite("Every directory: counted attempts")
struct AttemptTests {
    @Test("Attempts count against all limits or against none", arguments: DirectoryCase.all)
    func attempts(_ directory: DirectoryCase) async throws {
        try await directory.withParts { parts in
            let attempts = parts.attempts
            let wide = AttemptCharge(
                key: AttemptKey(bytes: [1]), limit: AttemptLimit(burst: 3, interval: .seconds(10)))
            let tight = AttemptCharge(
                key: AttemptKey(bytes: [2]), limit: AttemptLimit(burst: 1, interval: .seconds(60)))
            #expect(try await attempts.attempt([wide, tight], at: start) == nil)
            #expect(try await attempts.attempt([wide, tight], at: start) == .seconds(60))
            #expect(try await attempts.attempt([wide], at: start) == nil)
            #expect(try await attempts.attempt([wide], at: start) == nil)
            #expect(try await attempts.attempt([wide], at: start) == .seconds(10))
            #expect(try await attempts.attempt([wide], at: start + .seconds(10)) == nil)
            try await attempts.forget([tight.key])
            #expect(try await attempts.attempt([tight], at: start) == nil)
            #expect(try await attempts.sweepAttempts(at: start + .seconds(59)) == 1)
            #expect(try await attempts.attempt([tight], at: start + .seconds(59)) == .seconds(1))
        }
    }

    @Test("Attempts at the same time are all counted", arguments: DirectoryCase.all)
    func attemptRace(_ directory: DirectoryCase) async throws {
        try await directory.withParts { parts in
            let attempts = parts.attempts
            let charge = AttemptCharge(
                key: AttemptKey(bytes: [1]), limit: AttemptLimit(burst: 5, interval: .seconds(10)))
            let allowed = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await attempts.attempt([charge], at: start) == nil ? 1 : 0 }
                }
                return try await group.reduce(0, +)
            }
            #expect(allowed == 5)
        }
    }

    @Test("What Redis keeps of attempts follows the rule to the millisecond", arguments: DirectoryCase.all)
    func rule(_ directory: DirectoryCase) async throws {
        try await directory.withParts { parts in
            let limit = AttemptLimit(burst: 3, interval: .milliseconds(1501))
            let charge = AttemptCharge(key: AttemptKey(bytes: [0, 10, 255]), limit: limit)
            var paidUntil: Timestamp?
            var now = start
            for step in 0..<60 {
                now = now + .milliseconds((step * 7919) % 1700)
                let answer = try await parts.attempts.attempt([charge], at: now)
                switch limit.attempt(paidUntil: paidUntil, at: now) {
                case .allowed(let until):
                    paidUntil = until
                    #expect(answer == nil, "step \(step)")
                case .refused(let wait): #expect(answer == wait, "step \(step)")
                }
            }
        }
    }
}
