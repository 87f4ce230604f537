import Foundation
import TesseraCore
import TesseraRuntime
import TesseraTestKit
import Testing

@testable import TesseraSQLite

@Suite("A process that is killed at any moment", .timeLimit(.minutes(5)))
struct CrashTests {
    private static let ledgers = (0..<8).compactMap { StoreLedger(number: $0) }

    @Test("Every acknowledged change is there with what it tells of, and none by half")
    func killWhileWriting() async throws {
        try await Place.with { place in
            var random = SeededRandom(seed: 2024)
            var acknowledged = [UInt64: UInt32]()
            var told = acknowledged
            for round in 0..<50 {
                let probe = try await Probe(place.path)
                #expect(await probe.line() == "starting")
                #expect(await probe.line() == "open", "round \(round)")
                try await probe.send("write 0 \(Self.ledgers.count)")
                for _ in 0..<Int.random(in: 1...90, using: &random) { note(await probe.line(), in: &acknowledged) }
                await probe.kill()
                for line in await probe.remainingLines() { note(line, in: &acknowledged) }
                await probe.waitForExit()
                acknowledged = try await check(place, acknowledged, toldUpTo: told, round: round)
                told = acknowledged
            }
            #expect(acknowledged.values.reduce(0, +) > 1000)
        }
    }

    private func note(_ line: String?, in acknowledged: inout [UInt64: UInt32]) {
        let words = (line ?? "").split(separator: " ")
        guard words.count == 3, words[0] == "ack", let ledger = UInt64(words[1]), let step = UInt32(words[2]) else {
            Issue.record("the process said \(line ?? "nothing")")
            return
        }
        acknowledged[ledger] = max(acknowledged[ledger] ?? 0, step)
    }

    /// Returns how far every ledger has come.
    @discardableResult
    private func check(
        _ place: Place, _ acknowledged: [UInt64: UInt32], toldUpTo told: [UInt64: UInt32] = [:], round: Int
    ) async throws -> [UInt64: UInt32] {
        var positions: [UInt64: UInt32] = [:]
        try await place.withStore { store in
            var revocations: Set<Revocation> = []
            var messages: Set<OutboxMessage> = []
            for (number, ledger) in Self.ledgers.enumerated() {
                let record = try await store.load(ledger.user)
                let position = ledger.position(in: record)
                let known = acknowledged[UInt64(number)] ?? 0
                // One more may have been written whose answer was on its way.
                #expect((known...known + 1).contains(position), "round \(round), ledger \(number)")
                #expect(ledger.isWhole(record), "round \(round), ledger \(number)")
                revocations.formUnion(ledger.revocations(at: position))
                let first = (told[UInt64(number)] ?? 0) + 1
                if first <= position { messages.formUnion((first...position).map(ledger.message)) }
                positions[UInt64(number)] = position
            }
            #expect(Set(try await store.revocations(at: Timestamp(milliseconds: 0))) == revocations, "round \(round)")
            #expect(try await messagesTaken(from: SQLiteOutbox(store: store)) == messages, "round \(round)")
            #expect(try await store.pragma("integrity_check") == "ok", "round \(round)")
        }
        return positions
    }

    /// Empties the outbox.
    private func messagesTaken(from outbox: SQLiteOutbox) async throws -> Set<OutboxMessage> {
        let now = Timestamp(seconds: 2_000_000_000)
        let entries = try await outbox.claim(100_000, until: now, at: now).entries
        try await outbox.remove(entries)
        #expect(Set(entries.map(\.message)).count == entries.count)
        return Set(entries.map(\.message))
    }

    @Test(
        "A file whose making was interrupted can be opened", arguments: [-1, 0, 1, 4096, 8192, 16_384, 24_576, 40_000])
    func killWhileOpening(_ size: Int) async throws {
        for _ in 0..<3 {
            try await Place.with { place in
                let probe = try await Probe(place.path)
                #expect(await probe.line() == "starting")
                let (name, least) = size < 0 ? (place.path, 0) : (place.path + "-wal", size)
                let clock = ContinuousClock()
                let end = clock.now + .seconds(30)
                while clock.now < end {
                    let attributes = try? FileManager.default.attributesOfItem(atPath: name)
                    if let found = attributes?[.size] as? Int, found >= least { break }
                }
                await probe.kill()
                await probe.waitForExit()
                try await place.withStore { store in
                    let ledger = try #require(StoreLedger(number: 1))
                    try await store.write(ledger, steps: 2)
                    #expect(ledger.isWhole(try await store.load(ledger.user)))
                    #expect(try await store.pragma("integrity_check") == "ok")
                }
            }
        }
    }

    @Test("When nothing more can be written, callers are told, and nothing acknowledged is lost")
    func writeErrors() async throws {
        try await Place.with { place in
            let probe = try await Probe(place.path, "--file-size", "400000")
            #expect(await probe.line() == "starting")
            #expect(await probe.line() == "open")
            try await probe.send("write 0 \(Self.ledgers.count)")
            var acknowledged = [UInt64: UInt32]()
            var failures = 0
            while let line = await probe.line(), line != "written" {
                if line.hasPrefix("failed") {
                    #expect(line.contains("store_unavailable"), "\(line)")
                    failures += 1
                } else {
                    note(line, in: &acknowledged)
                }
            }
            #expect(failures == Self.ledgers.count)
            #expect(acknowledged.values.reduce(0, +) > 0)
            await probe.kill()
            await probe.waitForExit()
            try await check(place, acknowledged, round: 0)
        }
    }
}
