import TesseraCore
import Testing

@Suite("The whole flow, at random")
struct WholeFlowTests {
    @Test(
        "Faults, lost answers, jumps of the clock, two nodes: nobody who behaves is signed out, nothing dead comes back",
        arguments: 1...12 as ClosedRange<UInt64>)
    func simulation(seed: UInt64) async throws {
        var simulation = try await Simulation(seed: seed)
        for _ in 0..<700 { try await simulation.step() }
        try await simulation.finish()
        let story = "\(simulation.violations.prefix(3)) after \(simulation.trail.joined(separator: "\n"))"
        #expect(simulation.violations.isEmpty, "seed \(seed): \(story)")
        // The simulation did what it is for.
        #expect(simulation.counts.accepted > 150 && simulation.counts.refused > 5, "seed \(seed): \(simulation.counts)")
        #expect(simulation.counts.failed > 5 && simulation.counts.ended > 5, "seed \(seed): \(simulation.counts)")
    }
}
