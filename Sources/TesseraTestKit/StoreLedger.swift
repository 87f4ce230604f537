package import TesseraCore

/// A user whose every change leaves traces in all parts of a store, so that it shows how many changes were written, and
/// whether any was written by half: for tests that stop a store at any moment.
///
/// After step n there are two sessions, the first in generation n, the other made by step n; the epoch is n / 8; the
/// sessions of the steps before are on the blocklist; and the outbox has been given a message for every step.
package struct StoreLedger: Sendable {
    private static let start = Timestamp(seconds: 1_800_000_000)
    private static let expires = start + .days(3650)

    package let user: UserID
    private let number: UInt64

    /// The ledger of a number; different numbers have nothing in common.
    package init?(number: UInt64) {
        guard let user = UserID("ledger-\(number)") else { return nil }
        self.user = user
        self.number = number
    }

    /// How many steps a record has seen.
    package func position(in record: UserRecord) -> UInt32 { record[id(0)]?.generation.number ?? 0 }

    /// The change that is the next step.
    package func step(after record: UserRecord) -> UserChange {
        let next = position(in: record) + 1
        var edits: [SessionEdit] = [.create(session(id(next), generation: .first))]
        var revocations: [Revocation] = []
        if let first = record[id(0)] {
            edits.append(.replace(first, with: session(first.id, generation: Generation(next))))
            edits.append(.remove(id(next - 1)))
            revocations.append(revocation(next - 1))
        } else {
            edits.append(.create(session(id(0), generation: .first)))
        }
        let raised = next % 8 == 0 ? UserChange.RaisedEpoch(epoch: record.epoch.next, at: Self.start) : nil
        return UserChange(
            user: user, expectedEpoch: record.epoch, expectedDeploymentEpoch: record.deployment.epoch,
            raisedEpoch: raised, edits: edits, revocations: revocations, messages: [message(next)])
    }

    /// What a step tells of.
    package func message(_ step: UInt32) -> OutboxMessage {
        OutboxMessage(id: "\(user)-\(step)", created: Self.start, body: Array("step \(step)".utf8))
    }

    /// Whether a record is exactly what a whole number of steps makes.
    package func isWhole(_ record: UserRecord) -> Bool {
        let position = position(in: record)
        if position == 0 { return record == UserRecord(user: user) }
        let expected: Set = [
            session(id(0), generation: Generation(position)), session(id(position), generation: .first),
        ]
        return Set(record.sessions) == expected && record.sessions.count == 2
            && record.epoch == Epoch(position / 8)
    }

    /// What the blocklist holds of this ledger after a number of steps.
    package func revocations(at position: UInt32) -> Set<Revocation> {
        guard position > 1 else { return [] }
        return Set((1..<position).map(revocation))
    }

    private func revocation(_ step: UInt32) -> Revocation {
        Revocation(fact: .session(id(step)), expires: Self.expires, reason: .replaced)
    }

    private func id(_ step: UInt32) -> SessionID { SessionID(high: number, low: UInt64(step)) }

    private func session(_ id: SessionID, generation: Generation) -> SessionRecord {
        SessionRecord(
            id: id, generation: generation, rotatedAt: Self.start, createdAt: Self.start,
            authenticatedAt: Self.start, idleTimeout: .days(400), absoluteLimit: Self.expires, userEpoch: .initial,
            deploymentEpoch: .initial, device: Device(name: "Firefox, Linux", network: "192.0.2.0/24"),
            adoptedUntil: nil, claims: nil, lastUse: SessionRecord.Use(at: Self.start, generation: .adopted))
    }
}
