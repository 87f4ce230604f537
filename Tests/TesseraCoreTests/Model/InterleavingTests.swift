import TesseraCore
import Testing

/// The promises of a user's sessions, over many random courses of events.
@Suite("Whatever the order of events")
struct InterleavingTests {
    static let batches = Array(0..<8)

    private func violations(runs: Int, batch: Int, setting: ModelWorld.Setting) -> [Violation] {
        (0..<runs).compactMap { run in
            ModelWorld.run(seed: UInt64(batch * 10_000 + run), steps: 150, setting: setting)
        }
    }

    @Test("no chain forks, nothing dead returns, and nobody is signed out by a lost answer", arguments: batches)
    func use(batch: Int) {
        #expect(violations(runs: 100, batch: batch, setting: ModelWorld.Setting()).first == nil)
    }

    @Test("so it is when nobody ends anything: an honest browser is never refused", arguments: batches)
    func onlyUse(batch: Int) {
        let setting = ModelWorld.Setting(endings: false, adoptions: batch.isMultiple(of: 2))
        #expect(violations(runs: 60, batch: batch, setting: setting).first == nil)
    }

    @Test("so it is when the store loses its last writes", arguments: batches)
    func failovers(batch: Int) {
        #expect(violations(runs: 60, batch: batch, setting: ModelWorld.Setting(failovers: true)).first == nil)
    }

    @Test("so it is when sessions change, and the answers to that are lost", arguments: batches)
    func updates(batch: Int) {
        #expect(violations(runs: 60, batch: batch, setting: ModelWorld.Setting(updates: true)).first == nil)
    }

    /// Which promise breaks without a protection, so that the tests above are known to see it.
    static let needed: [(weakness: ModelStore.Weakness, kinds: Set<Violation.Kind>)] = [
        (.replacesWithoutComparing, [.fork, .revived]), (.upserts, [.revived]),
        (.ignoresEpochs, [.revived, .honestRefused]),
        (.createsWhatEnded, [.revived]), (.withoutUnion, [.revived, .deadAccepted]),
        (.answersFromCopies, [.revived, .honestRefused, .killed, .limit]),
    ]

    @Test("a store or node without one of its protections is found out", arguments: needed)
    func power(weakness: ModelStore.Weakness, kinds: Set<Violation.Kind>) throws {
        let setting = ModelWorld.Setting(failovers: weakness == .withoutUnion, weakness: weakness)
        let found = (0..<400).lazy.compactMap { ModelWorld.run(seed: UInt64($0), steps: 150, setting: setting) }.first
        #expect(kinds.contains(try #require(found).kind), "\(found?.description ?? "")")
    }
}
