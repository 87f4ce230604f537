import TesseraCore

extension Timestamp {
    /// When the tests' time begins.
    static let start = Timestamp(milliseconds: 1_800_000_000_000)
}

extension UserID {
    static let alice = sample("alice")
    static let bob = sample("bob")

    static func sample(_ text: String) -> UserID {
        guard let id = UserID(text) else { preconditionFailure("\(text) names no user") }
        return id
    }
}

extension TokenID {
    static func sample(_ text: String) -> TokenID {
        guard let id = TokenID(text) else { preconditionFailure("\(text) names no token") }
        return id
    }
}

extension SessionID {
    static func numbered(_ number: Int) -> SessionID { SessionID(high: 0, low: UInt64(number)) }
}

extension Device {
    static let laptop = Device(name: "Firefox 128, Linux", network: "192.0.2.0/24")
    static let phone = Device(name: "Safari 17, iPhone", network: "198.51.100.0/24")
}

extension SessionPolicy {
    /// An hour of idle time, a day in all, 5 minutes fresh, 30 seconds of grace, three sessions.
    static let sample = SessionPolicy(
        absoluteTimeout: .hours(24), idleTimeout: .hours(1), freshWindow: .minutes(5), sessionsPerUser: 3)
}

extension SessionRecord {
    /// A session of `SessionPolicy.sample` that began at the start, with some things otherwise.
    static func sample(
        _ number: Int = 1, generation: Generation = .first, rotatedAt: Timestamp = .start,
        createdAt: Timestamp = .start,
        userEpoch: Epoch = .initial, deploymentEpoch: Epoch = .initial, adoptedUntil: Timestamp? = nil,
        claims: [UInt8]? = nil, used: Generation = .adopted, usedAt: Timestamp = .start
    ) -> SessionRecord {
        SessionRecord(
            id: .numbered(number), generation: generation, rotatedAt: rotatedAt, createdAt: createdAt,
            authenticatedAt: createdAt, idleTimeout: SessionPolicy.sample.idleTimeout,
            absoluteLimit: createdAt + SessionPolicy.sample.absoluteTimeout, userEpoch: userEpoch,
            deploymentEpoch: deploymentEpoch, device: .laptop, adoptedUntil: adoptedUntil, claims: claims,
            lastUse: Use(at: usedAt, generation: used))
    }
}

extension UserRecord {
    static func holding(
        _ sessions: SessionRecord..., epoch: Epoch = .initial, epochRaisedAt: Timestamp? = nil,
        deployment: Deployment = .initial
    ) -> UserRecord {
        UserRecord(
            user: .alice, epoch: epoch, epochRaisedAt: epochRaisedAt, deployment: deployment, sessions: sessions)
    }
}

extension Command {
    static func rotate(_ number: Int = 1, _ generation: Generation, from device: Device = .laptop) -> Command {
        .rotate(Presented(session: .numbered(number), generation: generation, device: device))
    }

    static func update(_ number: Int = 1, _ generation: Generation, from device: Device = .laptop) -> Command {
        .update(Presented(session: .numbered(number), generation: generation, device: device))
    }
}

extension Decision {
    /// Whether nothing ends by it.
    var revokesNothing: Bool {
        let removals = (change?.edits ?? []).filter {
            switch $0 {
            case .remove: true
            case .create, .replace: false
            }
        }
        return removals.isEmpty && (change?.revocations ?? []).isEmpty && change?.raisedEpoch == nil
    }
}

extension SessionRecord {
    /// Whether the newest tokens of two states of a session are one and the same.
    func isSameToken(as other: SessionRecord) -> Bool {
        id == other.id && generation == other.generation && rotatedAt == other.rotatedAt && claims == other.claims
    }
}

/// A decision that a test did not expect.
struct Unexpected: Error, CustomStringConvertible {
    let description: String

    init(_ decision: Decision) { description = "unexpected: \(decision)" }
}

extension Reply {
    var isRotated: Bool {
        if case .rotated = self { true } else { false }
    }

    var isSameSuccessor: Bool {
        if case .sameSuccessor = self { true } else { false }
    }

    var isReuse: Bool {
        if case .refused(.reuse) = self { true } else { false }
    }
}
