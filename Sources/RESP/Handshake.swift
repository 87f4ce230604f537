/// What a new connection says first. All steps are written at once; the answers come in order.
package struct HandshakeStep: Sendable, Hashable {
    /// What a step is for, and so what an error in answer to it means.
    package enum Purpose: Sendable, Hashable {
        /// `AUTH`.
        case authenticate
        /// `CLIENT SETNAME`; a user who may not do that stays without a name.
        case setName
        /// `SELECT`.
        case selectDatabase
        /// `INFO replication`; of a user who may not ask, the server stays unidentified.
        case identify
        /// `PING`, last: tells whether the server serves commands now (it may be loading its data).
        case check
    }

    /// What it is for.
    package let purpose: Purpose
    /// What is sent.
    package let command: RedisCommand

    package init(_ purpose: Purpose, _ command: RedisCommand) {
        self.purpose = purpose
        self.command = command
    }

    /// The usual steps, in order. `user` without a password is not a thing; a password without a user is the
    /// default user's.
    package static func steps(
        user: String? = nil, password: String? = nil, clientName: String? = nil, database: Int = 0
    ) -> [HandshakeStep] {
        var steps: [HandshakeStep] = []
        if let password {
            let command = user.map { RedisCommand("AUTH", $0, password) } ?? RedisCommand("AUTH", password)
            steps.append(HandshakeStep(.authenticate, command))
        }
        if let clientName { steps.append(HandshakeStep(.setName, RedisCommand("CLIENT", "SETNAME", clientName))) }
        if database != 0 { steps.append(HandshakeStep(.selectDatabase, RedisCommand("SELECT", database))) }
        steps.append(HandshakeStep(.identify, RedisCommand("INFO", "replication")))
        steps.append(HandshakeStep(.check, RedisCommand("PING")))
        return steps
    }
}

/// What a server said of itself when a connection to it was made.
package struct ServerFacts: Sendable, Hashable {
    /// What the server is in its replication.
    package enum Role: Sendable, Hashable {
        /// It takes writes (`role:master`).
        case primary
        /// It follows another server (`role:slave`).
        case replica
    }

    /// `nil` where the user may not ask.
    package let role: Role?
    /// `master_replid`: another one after a failover means another history of writes.
    package let replicationID: String?

    package init(role: Role? = nil, replicationID: String? = nil) {
        self.role = role
        self.replicationID = replicationID
    }

    /// From the text of `INFO replication`.
    package init(info: String) {
        var role: Role?
        var replicationID: String?
        for line in info.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...]
            switch line[..<colon] {
            case "role": role = value == "master" ? .primary : .replica
            case "master_replid": replicationID = String(value)
            default: break
            }
        }
        self.init(role: role, replicationID: replicationID)
    }
}

/// Why a connection ends from its own side.
package enum ClosingReason: Error, Sendable, Hashable {
    /// The server refused a step of the handshake.
    case refused(HandshakeStep.Purpose, RedisServerError)
    /// The server sent what is no RESP, too much, or what nobody asked for.
    case violation(RESPError)
    /// The server has answered nothing for longer than the command whose turn it is may take.
    case stalled
}

/// The answers to the handshake, one after the other.
struct HandshakeProgress: Sendable, Hashable {
    enum Outcome: Sendable, Hashable {
        case more
        case finished(ServerFacts)
        case failed(ClosingReason)
    }

    private var remaining: ArraySlice<HandshakeStep>
    private var facts = ServerFacts()

    init(_ steps: [HandshakeStep]) {
        remaining = steps[...]
    }

    mutating func receive(_ reply: RedisReply) -> Outcome {
        guard let step = remaining.popFirst() else {
            return .failed(.violation(RESPError(.unexpected, "a reply after the handshake")))
        }
        if case .error(let error) = reply, !Self.isForgiven(error, step.purpose) {
            return .failed(.refused(step.purpose, error))
        }
        if step.purpose == .identify, let info = reply.string { facts = ServerFacts(info: info) }
        return remaining.isEmpty ? .finished(facts) : .more
    }

    /// A user may lack the permission for what is only useful.
    private static func isForgiven(_ error: RedisServerError, _ purpose: HandshakeStep.Purpose) -> Bool {
        switch purpose {
        case .authenticate, .selectDatabase: false
        case .setName, .identify, .check: error.kind == "NOPERM"
        }
    }
}
