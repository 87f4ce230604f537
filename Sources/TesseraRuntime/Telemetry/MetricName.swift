import TesseraCore

/// Every metric of Tessera, by name; the labels that each has, and the values that these can take, are `MetricLabel`.
package enum MetricName: String, Sendable, CaseIterable {
    case revocationPropagation = "tessera_revocation_propagation_seconds"
    case watermarkAge = "tessera_watermark_age_seconds"
    case mirrorEntries = "tessera_mirror_entries"
    case nodes = "tessera_nodes"
    case actors = "tessera_actors"
    case commands = "tessera_commands"
    case reuse = "tessera_reuse"
    case storeLatency = "tessera_store_seconds"
    case droppedMarks = "tessera_dropped_marks"
    case eventStreams = "tessera_event_streams"
    case requests = "tessera_http_request_seconds"

    /// What it says, in a line.
    package var help: String {
        switch self {
        case .revocationPropagation: "Time from when the store took another node's revocation to its application here."
        case .watermarkAge: "How far the watermark of the oldest shard lies back; -1 where there is none."
        case .mirrorEntries: "Revocations in this node's mirror."
        case .nodes: "Nodes with a lease, this one included."
        case .actors: "Users' actors in memory."
        case .commands: "What became of the commands on users' records; rotations among them."
        case .reuse: "Old generations that were presented again, by how."
        case .storeLatency: "Time that calls of the store took, by call and result."
        case .droppedMarks: "Keep-alive marks that found no place, since the start."
        case .eventStreams: "Open streams of server-sent events."
        case .requests: "Time that requests took, by route and class of status."
        }
    }
}

/// The names of labels. Their values are raw values of enums, never anything that a client sends.
package enum MetricLabel: String, Sendable {
    /// `CommandResult`
    case result
    /// `ReuseKind`
    case kind
    /// `StoreOperation`
    case operation
    /// `ok`, or a `StoreError.Code`.
    case outcome
    /// The route of a request.
    case route
    /// `2xx` and so on.
    case status
}

/// What a command on a user's record came to.
package enum CommandResult: String, Sendable, Hashable, CaseIterable {
    case started
    case rotated
    /// The record was behind its token.
    case recovered
    case sameSuccessor = "same_successor"
    case unknown
    case expired
    case reuse
    case issuedBeforeRevocation = "issued_before_revocation"
    case ended

    init(_ reply: Reply) {
        switch reply {
        case .started: self = .started
        case .rotated(_, recovered: false): self = .rotated
        case .rotated(_, recovered: true): self = .recovered
        case .sameSuccessor: self = .sameSuccessor
        case .refused(.unknown): self = .unknown
        case .refused(.expired): self = .expired
        case .refused(.reuse): self = .reuse
        case .refused(.issuedBeforeRevocation): self = .issuedBeforeRevocation
        case .ended: self = .ended
        }
    }
}

/// The calls of a store.
package enum StoreOperation: String, Sendable, Hashable, CaseIterable {
    case load
    case owner
    case isBlocked = "is_blocked"
    case commit
    case mark
    case revokeEverybody = "revoke_everybody"
    case block
    case revocations
    case sweep
    case ping
}
