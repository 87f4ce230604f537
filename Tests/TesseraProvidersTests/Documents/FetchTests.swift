import TesseraCore
import TesseraRuntime
import TesseraTestKit
import Testing

@testable import TesseraProviders

@Suite("What is fetched and kept", .timeLimit(.minutes(1)))
struct FetchTests {
    private static let times = FetchState<Int>.Times(fresh: .minutes(10), usable: .hours(1), cooldown: .seconds(10))
    private static let failure = ProvidersError(.unreachable, "down")

    private func value(_ answer: FetchState<Int>.Answer) -> Int? {
        if case .use(let value) = answer { value } else { nil }
    }

    private func isFetch(_ answer: FetchState<Int>.Answer) -> Bool { if case .fetch = answer { true } else { false } }

    @Test("is used while it is fresh, and fetched anew afterwards")
    func fresh() {
        var state = FetchState<Int>(times: Self.times)
        #expect(isFetch(state.ask(at: now)))
        state.fetched(1, asked: now)
        #expect(value(state.ask(at: now + .minutes(9))) == 1)
        #expect(isFetch(state.ask(at: now + .minutes(10))))
    }

    @Test("goes on being used for a while when it cannot be fetched anew, and no longer")
    func stale() {
        var state = FetchState<Int>(times: Self.times)
        state.fetched(1, asked: now)
        #expect(value(state.failed(Self.failure, at: now + .minutes(11))) == 1)
        #expect(value(state.ask(at: now + .minutes(11) + .seconds(5))) == 1)
        #expect(isFetch(state.ask(at: now + .minutes(11) + .seconds(10))))
        guard case .refuse = state.failed(Self.failure, at: now + .hours(1)) else { return #expect(Bool(false)) }
    }

    @Test("A failure is remembered for the cooldown, so that a provider that is down is not asked by everybody")
    func cooldown() {
        var state = FetchState<Int>(times: Self.times)
        _ = state.failed(Self.failure, at: now)
        guard case .refuse = state.ask(at: now + .seconds(9)) else { return #expect(Bool(false)) }
        #expect(isFetch(state.ask(at: now + .seconds(10))))
    }

    @Test("Who has seen a value that does not fit gets a newer one, at most once in the cooldown")
    func newer() {
        var state = FetchState<Int>(times: Self.times)
        state.fetched(1, asked: now)
        #expect(value(state.ask(at: now + .seconds(9), newerThan: now)) == 1)
        #expect(isFetch(state.ask(at: now + .seconds(10), newerThan: now)))
        state.fetched(2, asked: now + .seconds(10))
        #expect(value(state.ask(at: now + .seconds(10), newerThan: now)) == 2)
    }

    @Test("The newest wins, in whatever order answers come")
    func newestWins() {
        var state = FetchState<Int>(times: Self.times)
        state.fetched(2, asked: now + .seconds(1))
        state.fetched(1, asked: now)
        #expect(value(state.ask(at: now + .seconds(2))) == 2)
    }

    @Test("A hundred that ask at once cause one fetch")
    func singleFlight() async throws {
        let count = Shared(0)
        let gate = Shared(false)
        let fetched = FetchedValue<Int>(times: Self.times, clock: WallClock { now }) { () throws(ProvidersError) in
            count.change { $0 += 1 }
            while !gate.value { await Task.yield() }
            return 7
        }
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<100 { group.addTask { try await fetched.value().value } }
            while count.value == 0 { await Task.yield() }
            gate.change { $0 = true }
            for try await value in group { #expect(value == 7) }
        }
        #expect(count.value == 1)
    }

    @Test("A hundred that ask a provider that is down cause one fetch, too")
    func failingFlight() async throws {
        let count = Shared(0)
        let fetched = FetchedValue<Int>(times: Self.times, clock: WallClock { now }) { () throws(ProvidersError) in
            count.change { $0 += 1 }
            throw Self.failure
        }
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<100 { group.addTask { (try? await fetched.value()) == nil } }
            for await failed in group { #expect(failed) }
        }
        #expect(count.value == 1)
    }

    @Test("Somebody who gives up while he fetches does not make the provider count as down")
    func cancelled() async throws {
        let count = Shared(0)
        let fetched = FetchedValue<Int>(times: Self.times, clock: WallClock { now }) { () throws(ProvidersError) in
            let turn = count.change { count in
                count += 1
                return count
            }
            guard turn == 1 else { return 7 }
            while !Task.isCancelled { await Task.yield() }
            throw Self.failure
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = try? await fetched.value() }
            while count.value == 0 { await Task.yield() }
            group.cancelAll()
        }
        let value = try await fetched.value().value
        #expect(value == 7)
    }
}
