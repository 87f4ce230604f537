import TesseraTestKit
import Testing

@testable import TesseraRuntime

@Suite("Several nodes at random, with faults")
struct ClusterSimulationTests {
    private func findings(_ setup: ClusterSimulation.Setup, steps: Int = 600) async throws -> ClusterSimulation {
        var simulation = try ClusterSimulation(setup)
        try await simulation.run(steps: steps)
        return simulation
    }

    @Test("Nothing is accepted after the bound, and nobody is signed out by a failure", arguments: 1...12, [1, 2])
    func promises(seed: UInt64, groups: Int) async throws {
        let simulation = try await findings(ClusterSimulation.Setup(seed: seed, groups: groups))
        #expect(simulation.findings.isEmpty, "\(simulation.setup): \(simulation.findings)")
        #expect(simulation.accepted > 20 && simulation.refused > 5, "\(simulation.accepted), \(simulation.refused)")
    }

    /// Whether some seed finds the violation.
    private func isFound(_ change: (inout ClusterSimulation.Setup) -> Void) async throws -> Bool {
        for seed in 1...60 {
            var setup = ClusterSimulation.Setup(seed: UInt64(seed), groups: 1 + seed % 2)
            change(&setup)
            let simulation = try await findings(setup)
            if simulation.findings.contains(where: { $0.kind == .acceptedAfterBound }) { return true }
        }
        return false
    }

    @Test(
        "Without any one protection of the keeper, the checker finds what is accepted after the bound",
        arguments: KeeperProtection.allCases)
    func keeperProtections(_ protection: KeeperProtection) async throws {
        #expect(try await isFound { $0.keeperMissing = [protection] }, "\(protection)")
    }

    @Test("Without any one protection of the store, too", arguments: SimulatedCluster.Protection.allCases)
    func storeProtections(_ protection: SimulatedCluster.Protection) async throws {
        #expect(try await isFound { $0.storeMissing = [protection] }, "\(protection)")
    }

    @Test("With mirrors that never grow stale, too")
    func staleness() async throws {
        #expect(try await isFound { $0.ignoresStaleness = true })
    }
}
