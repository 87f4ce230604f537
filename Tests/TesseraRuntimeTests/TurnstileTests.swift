import TesseraRuntime
import TesseraTestKit
import Testing

@Suite("Turnstile")
struct TurnstileTests {
    private func queue(
        _ count: Int, at turnstile: Turnstile, _ body: @escaping @Sendable (Int) async -> Void
    ) async throws -> [Task<Void, any Error>] {
        var tasks: [Task<Void, any Error>] = []
        for index in 0..<count {
            let before = turnstile.waitingCount
            tasks.append(Task { try await turnstile.pass { await body(index) } })
            try await eventually("task \(index) waits") { turnstile.waitingCount == before + 1 }
        }
        return tasks
    }

    @Test("One at a time, in the order of arrival")
    func order() async throws {
        let turnstile = Turnstile(limit: 100, patience: .seconds(60))
        let gate = CallGate()
        let first = Task { try await turnstile.pass { await gate.pass() } }
        await gate.waitForArrivals(1)
        let (begun, ended) = (Recorder<Int>(), Recorder<Int>())
        let tasks = try await queue(20, at: turnstile) { index in
            if ended.values.count == index { begun.note(index) }
            await Task.yield()
            ended.note(index)
        }
        gate.open()
        try await first.value
        for task in tasks { try await task.value }
        #expect(ended.values == Array(0..<20))
        #expect(begun.values == Array(0..<20), "nobody begins before the one before him has ended")
    }

    @Test("Many at once never meet inside, and all get through")
    func exclusion() async throws {
        let turnstile = Turnstile(limit: 10_000, patience: .seconds(60))
        let inside = Counter()
        let results = try await parallel(500) { _ in
            try await turnstile.pass {
                let count = inside.add(1)
                await Task.yield()
                inside.add(-1)
                return count
            }
        }
        #expect(results == Array(repeating: 1, count: 500))
        #expect(turnstile.waitingCount == 0 && turnstile.notedCancellations == 0)
    }

    @Test("Beyond the limit nobody may wait; once somebody left, there is room again")
    func limit() async throws {
        let turnstile = Turnstile(limit: 2, patience: .seconds(60))
        let gate = CallGate()
        let first = Task { try await turnstile.pass { await gate.pass() } }
        await gate.waitForArrivals(1)
        let waiting = try await queue(2, at: turnstile) { _ in }
        await #expect(throws: Turnstile.Refusal.full) { try await turnstile.pass {} }
        waiting[0].cancel()
        await #expect(throws: Turnstile.Refusal.cancelled) { try await waiting[0].value }
        let third = try await queue(1, at: turnstile) { _ in }
        gate.open()
        try await first.value
        try await waiting[1].value
        try await third[0].value
        try await turnstile.pass {}
    }

    @Test("Whoever has waited too long leaves, and the others go on")
    func patience() async throws {
        let turnstile = Turnstile(limit: 100, patience: .milliseconds(20))
        let gate = CallGate()
        let first = Task { try await turnstile.pass { await gate.pass() } }
        await gate.waitForArrivals(1)
        await #expect(throws: Turnstile.Refusal.late) { try await turnstile.pass {} }
        #expect(turnstile.waitingCount == 0)
        gate.open()
        try await first.value
        try await turnstile.pass {}
        #expect(turnstile.notedCancellations == 0)
    }

    @Test("Whoever is cancelled while he waits leaves at once, and the others go on")
    func cancelledWaiting() async throws {
        let turnstile = Turnstile(limit: 100, patience: .seconds(60))
        let gate = CallGate()
        let first = Task { try await turnstile.pass { await gate.pass() } }
        await gate.waitForArrivals(1)
        let passed = Recorder<Int>()
        let tasks = try await queue(3, at: turnstile) { passed.note($0) }
        tasks[1].cancel()
        await #expect(throws: Turnstile.Refusal.cancelled) { try await tasks[1].value }
        #expect(turnstile.waitingCount == 2)
        gate.open()
        try await first.value
        try await tasks[0].value
        try await tasks[2].value
        #expect(passed.values == [0, 2])
        #expect(turnstile.notedCancellations == 0)
    }

    @Test("Cancelled before it came, a task does not wait; a free turnstile lets it through")
    func cancelledBefore() async throws {
        let turnstile = Turnstile(limit: 100, patience: .seconds(60))
        let gate = CallGate()
        let first = Task { try await turnstile.pass { await gate.pass() } }
        await gate.waitForArrivals(1)
        let start = CallGate()
        let task = Task {
            await start.pass()
            try await turnstile.pass {}
        }
        task.cancel()
        start.open()
        await #expect(throws: Turnstile.Refusal.cancelled) { try await task.value }
        gate.open()
        try await first.value
        #expect(turnstile.notedCancellations == 0)
        try await turnstile.pass {}
    }

    @Test("A cancellation inside changes nothing, and what the body throws is thrown; the turn is given on")
    func cancelledInside() async throws {
        let turnstile = Turnstile(limit: 100, patience: .seconds(60))
        let gate = CallGate()
        let first = Task {
            try await turnstile.pass {
                await gate.pass()
                return 7
            }
        }
        await gate.waitForArrivals(1)
        first.cancel()
        gate.open()
        #expect(try await first.value == 7)
        await #expect(throws: Unexpected.self) { try await turnstile.pass { throw Unexpected() } }
        try await turnstile.pass {}
        #expect(turnstile.notedCancellations == 0)
    }

    @Test("Cancellations in a crowd leave nothing behind")
    func crowd() async throws {
        let turnstile = Turnstile(limit: 10_000, patience: .seconds(60))
        let counted = Counter()
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<600 {
                group.addTask {
                    let task = Task {
                        try await turnstile.pass {
                            counted.add(1)
                            await Task.yield()
                        }
                    }
                    if index % 3 == 0 { task.cancel() }
                    _ = await task.result
                }
            }
        }
        #expect(counted.add(0) >= 400)
        #expect(turnstile.waitingCount == 0 && turnstile.notedCancellations == 0)
        try await turnstile.pass {}
    }
}
