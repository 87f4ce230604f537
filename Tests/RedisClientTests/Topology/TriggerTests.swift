import Testing

@testable import RedisClient

@Suite("A trigger")
struct TriggerTests {
    private static let long: Duration = .seconds(60)

    @Test("wakes who waits, and who looked before it was fired")
    func fire() async {
        let trigger = Trigger()
        let seen = trigger.count
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<10 { group.addTask { await trigger.wait(after: seen, atMost: Self.long) } }
            trigger.fire()
        }
        await trigger.wait(after: seen)
        #expect(trigger.count == seen + 1)
    }

    @Test("lets go after the time, and when the task is cancelled")
    func limits() async {
        let trigger = Trigger()
        await trigger.wait(after: trigger.count, atMost: .milliseconds(1))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await trigger.wait(after: trigger.count) }
            group.addTask { await trigger.wait(after: trigger.count, atMost: Self.long) }
            group.cancelAll()
        }
        #expect(trigger.count == 0)
    }
}
