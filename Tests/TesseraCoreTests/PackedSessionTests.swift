import TesseraCore
import Testing

@Suite("A packed session")
struct PackedSessionTests {
    static let lastUse = SessionRecord.Use(at: .start + .seconds(9), generation: Generation(2))

    static func random(_ random: inout SeededGenerator) -> SessionRecord {
        func counter() -> UInt32 {
            random.chance(20) ? .max : UInt32(random.below(1 << [1, 7, 8, 14, 31][random.below(5)]))
        }
        let createdAt = Timestamp(milliseconds: Int64(random.below(1 << 45)) - (random.chance(10) ? 1 << 44 : 0))
        func moment() -> Timestamp { createdAt + .milliseconds(Int64(random.below(1 << 40)) - 1 << 39) }
        let names = ["", "Firefox 128, Linux", "Ünïcødé 🧑‍🚀", String(repeating: "n", count: 48)]
        let claims = random.chance(50) ? nil : random.bytes(1 + random.below(300))
        return SessionRecord(
            id: SessionID(high: random.next(), low: random.next()), generation: Generation(counter()),
            rotatedAt: moment(),
            createdAt: createdAt, authenticatedAt: moment(), idleTimeout: .milliseconds(random.below(1 << 42)),
            absoluteLimit: moment(), userEpoch: Epoch(counter()), deploymentEpoch: Epoch(counter()),
            device: Device(name: names[random.below(4)], network: names[random.below(4)]),
            adoptedUntil: random.chance(50) ? moment() : nil, claims: claims,
            lastUse: SessionRecord.Use(at: moment(), generation: Generation(counter())), offeredAt: moment(),
            graceFrom: Generation(counter()))
    }

    @Test("comes back as it was, and equal sessions have equal bytes")
    func roundTrip() throws {
        var random = SeededGenerator(seed: 10)
        for number in 0..<2000 {
            let session = Self.random(&random)
            let bytes = PackedSession.pack(session)
            let back = try PackedSession.unpack(bytes, id: session.id, lastUse: session.lastUse)
            #expect(back == session, "number \(number)")
            #expect(PackedSession.pack(back) == bytes, "number \(number)")
        }
    }

    @Test("of another content has other bytes, so that a store may compare them")
    func distinctBytes() {
        let base = SessionRecord.sample()
        var (offeredLater, reachingFurther) = (base, base)
        offeredLater.offeredAt = .start + .milliseconds(1)
        reachingFurther.graceFrom = .first
        let variants = [
            base, .sample(generation: Generation(2)), .sample(rotatedAt: .start + .milliseconds(1)),
            .sample(createdAt: .start + .milliseconds(1)), .sample(userEpoch: Epoch(1)),
            .sample(deploymentEpoch: Epoch(1)),
            .sample(adoptedUntil: .start), .sample(adoptedUntil: .start + .milliseconds(1)), .sample(claims: [0]),
            .sample(claims: [0, 0]), offeredLater, reachingFurther,
        ]
        #expect(Set(variants.map(PackedSession.pack)).count == variants.count)
        // The last use and the name have places of their own.
        #expect(
            PackedSession.pack(.sample(used: Generation(9), usedAt: .start + .seconds(9))) == PackedSession.pack(base))
        #expect(PackedSession.pack(.sample(2)) == PackedSession.pack(base))
    }

    @Test("is written as it always was (golden bytes)")
    func golden() throws {
        let session = SessionRecord(
            id: .numbered(1), generation: Generation(300), rotatedAt: .start + .seconds(600), createdAt: .start,
            authenticatedAt: .start - .seconds(1), idleTimeout: .hours(1), absoluteLimit: .start + .hours(24),
            userEpoch: Epoch(2), deploymentEpoch: Epoch(1), device: Device(name: "curl 8", network: "192.0.2.0/24"),
            adoptedUntil: .start + .days(30), claims: [0xAA, 0xBB], lastUse: Self.lastUse)
        let golden = Self.bytes(
            """
            01
            ac02 02 01
            80 c0 e2 85 e3 68
            80 9f 49
            00 ab02
            cf 0f
            80 ba b7 03
            80 f0 b2 52
            06 63 75 72 6c 20 38
            0c 31 39 32 2e 30 2e 32 2e 30 2f 32 34
            01 80 a0 f6 a7 13
            02 aabb
            """)
        #expect(PackedSession.pack(session) == golden)
        #expect(try PackedSession.unpack(golden, id: session.id, lastUse: Self.lastUse) == session)
    }

    @Test("of an ordinary session is written as it always was (golden bytes), in less than 64")
    func goldenOrdinary() throws {
        let golden = Self.bytes(
            """
            01
            01 00 00
            80 c0 e2 85 e3 68
            00 00 00 00
            80 ba b7 03
            80 f0 b2 52
            12 46 69 72 65 66 6f 78 20 31 32 38 2c 20 4c 69 6e 75 78
            0c 31 39 32 2e 30 2e 32 2e 30 2f 32 34
            00 00
            """)
        #expect(PackedSession.pack(.sample()) == golden)
        #expect(golden.count < 64)
    }

    @Test("cut off anywhere, or with a byte too many, is damaged")
    func truncations() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<40 {
            let bytes = PackedSession.pack(Self.random(&random))
            for count in 0..<bytes.count {
                #expect(throws: PackedSession.Failure.damaged) {
                    try PackedSession.unpack(Array(bytes.prefix(count)), id: .numbered(1), lastUse: Self.lastUse)
                }
            }
            #expect(throws: PackedSession.Failure.damaged) {
                try PackedSession.unpack(bytes + [0], id: .numbered(1), lastUse: Self.lastUse)
            }
        }
    }

    @Test("of another version is not read", arguments: [0, 2, 3, 127, 255] as [UInt8])
    func otherVersion(version: UInt8) {
        let bytes = [version] + PackedSession.pack(.sample()).dropFirst()
        #expect(throws: PackedSession.Failure.unknownVersion(version)) {
            try PackedSession.unpack(bytes, id: .numbered(1), lastUse: Self.lastUse)
        }
    }

    @Test("that claims to be longer than it is, or has a counter beyond 32 bits or text that is none, is damaged")
    func impossibleContent() {
        let before: [UInt8] = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        let damaged: [[UInt8]] = [
            // A counter beyond 32 bits, and one that does not end.
            [1, 0x80, 0x80, 0x80, 0x80, 0x10] + before.dropFirst(2), [1] + Array(repeating: 0xFF, count: 20),
            // A name of 2^63 - 1 and of 2^64 - 1 bytes, a name that is no text, a flag that is neither.
            before + [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
            before + [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], before + [2, 0xC3, 0x28, 0, 0, 0],
            before + [0, 0, 2, 0],
        ]
        for bytes in damaged {
            #expect(throws: PackedSession.Failure.damaged, "\(bytes)") {
                try PackedSession.unpack(bytes, id: .numbered(1), lastUse: Self.lastUse)
            }
        }
        #expect(throws: Never.self) {
            try PackedSession.unpack(before + [0, 0, 0, 0], id: .numbered(1), lastUse: Self.lastUse)
        }
    }

    @Test("of random or flipped bytes never crashes, and what is read can be used and written again")
    func randomBytes() throws {
        var random = SeededGenerator(seed: 12)
        var readable = 0
        for _ in 0..<4000 {
            var bytes =
                random.chance(30) ? [1] + random.bytes(random.below(80)) : PackedSession.pack(Self.random(&random))
            for _ in 0..<random.below(4) { bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8)) }
            guard let session = try? PackedSession.unpack(bytes, id: .numbered(1), lastUse: Self.lastUse) else {
                continue
            }
            readable += 1
            let again = try PackedSession.unpack(PackedSession.pack(session), id: .numbered(1), lastUse: Self.lastUse)
            #expect(again.generation == session.generation)
            _ = UserRecord.holding(session).decide(.rotate(1, session.generation), policy: .sample, now: .start)
        }
        #expect(readable > 100)
    }

    @Test("with the earliest moment there is can be used and written again")
    func earliestMoment() async {
        await #expect(processExitsWith: .success) {
            // Creation at the earliest moment, the rest relative to it.
            let bytes: [UInt8] = [1, 2, 0, 0] + Array(repeating: 0xFF, count: 9) + [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
            let use = SessionRecord.Use(at: Timestamp(milliseconds: .max), generation: Generation(2))
            let session = try PackedSession.unpack(bytes, id: SessionID(high: 0, low: 1), lastUse: use)
            precondition(session.createdAt == Timestamp(milliseconds: .min))
            precondition(PackedSession.pack(session) == bytes)
            let record = UserRecord(user: .alice, sessions: [session])
            _ = record.decide(.rotate(1, .first), policy: .consumer, now: Timestamp(milliseconds: .min + 1))
        }
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = hexadecimal.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
