/// Something about a Redis that an operator should know before he trusts it.
package struct RedisFinding: Sendable, Hashable {
    /// What it means for a node.
    package enum Severity: Sendable, Hashable {
        /// A promise is weaker than it could be; in strict mode the node does not start.
        case warning
        /// Tessera does not work with it.
        case refusal
    }

    package let severity: Severity
    /// What is the matter, what follows from it, and what to do.
    package let text: String

    package init(_ severity: Severity, _ text: String) {
        self.severity = severity
        self.text = text
    }
}

/// What a server says of itself: `INFO`, some of `CONFIG GET` where that is allowed, and `TIME`.
struct ServerReport: Sendable, Hashable {
    /// Names the server in messages.
    let name: String
    private let facts: [String: String]
    private let settings: [String: String]
    /// How far its clock is ahead of this node's; negative when it is behind.
    let clockAhead: Duration

    init(name: String, info: String, settings: [String: String], clockAhead: Duration) {
        self.name = name
        self.settings = settings
        self.clockAhead = clockAhead
        var facts: [String: String] = [:]
        for line in info.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { facts[String(parts[0])] = String(parts[1]) }
        }
        self.facts = facts
    }

    /// Everything to be said about it.
    var findings: [RedisFinding] {
        [version, eviction, persistence, replicas, replicaLag, replicasToSpare, clock].compactMap { $0 }
    }

    private var version: RedisFinding? {
        let text = facts["redis_version"] ?? ""
        guard let major = text.split(separator: ".").first.flatMap({ Int($0) }) else {
            return RedisFinding(.warning, "\(name) does not tell its version; Tessera needs Redis 7.0 or later")
        }
        guard major < 7 else { return nil }
        return RedisFinding(.refusal, "\(name) is Redis \(text): Tessera needs 7.0 or later")
    }

    private var eviction: RedisFinding? {
        guard let policy = facts["maxmemory_policy"], policy != "noeviction" else { return nil }
        return RedisFinding(
            .warning,
            "\(name) has maxmemory-policy \(policy): once it is full it throws sessions and revocations away; set it to "
                + "noeviction")
    }

    private var persistence: RedisFinding? {
        guard facts["aof_enabled"] == "0" else { return nil }
        if let save = settings["save"], save.isEmpty {
            return RedisFinding(
                .warning,
                "\(name) keeps nothing on disk: when it restarts, everybody has to sign in again; set appendonly yes")
        }
        return RedisFinding(
            .warning,
            "\(name) has no append-only file: when it restarts, it has lost what came after its last snapshot; set "
                + "appendonly yes")
    }

    private var hasReplicas: Bool { facts["connected_slaves"].flatMap { Int($0) } ?? 0 > 0 }

    /// `INFO` has this line exactly where `min-replicas-to-write` is set.
    private var demandsReplicas: Bool { facts["min_slaves_good_slaves"] != nil }

    private var replicas: RedisFinding? {
        guard hasReplicas, !demandsReplicas else { return nil }
        return RedisFinding(
            .warning,
            "\(name) has replicas, but min-replicas-to-write is 0: cut off from them, it would go on taking writes that "
                + "are lost when it comes back; set it to 1")
    }

    private var replicaLag: RedisFinding? {
        guard demandsReplicas, let lag = settings["min-replicas-max-lag"].flatMap({ Int($0) }), lag > 3 else {
            return nil
        }
        return RedisFinding(
            .warning,
            "\(name) has min-replicas-max-lag \(lag): so many seconds it may go on answering when it is cut off; set it "
                + "to 2, and below the time after which a failover begins")
    }

    /// In a Redis Cluster a failover makes a replica the primary, which then has one less.
    private var replicasToSpare: RedisFinding? {
        guard facts["cluster_enabled"] == "1", demandsReplicas else { return nil }
        let demanded = settings["min-replicas-to-write"].flatMap { Int($0) } ?? 1
        guard let count = facts["connected_slaves"].flatMap({ Int($0) }), count <= demanded else { return nil }
        return RedisFinding(
            .warning,
            "\(name) has \(count == 1 ? "1 replica" : "\(count) replicas"), and min-replicas-to-write is \(demanded): "
                + "after a failover its users get 503 until another replica is back; give it \(demanded + 1)")
    }

    private var clock: RedisFinding? {
        let difference = max(clockAhead, .zero - clockAhead)
        guard difference > .seconds(1) else { return nil }
        let seconds = difference.components.seconds
        return RedisFinding(
            .warning,
            "the clocks of \(name) and this node differ by \(seconds) s; Tessera allows for 15 s between any two "
                + "machines, so keep them synchronised (NTP)")
    }
}
