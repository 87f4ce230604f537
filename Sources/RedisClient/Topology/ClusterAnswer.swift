internal import RESP

/// What a server of a cluster says of the slots.
struct ClusterAnswer: Sendable, Hashable {
    let map: ClusterMap
    /// Counts failovers and moves of slots: who has the higher number knows more. Where the user may not ask for it,
    /// whoever answers is believed, and it is the highest.
    let epoch: Int

    /// What is asked, in one flight. The newer `CLUSTER SHARDS` says the same and more, which is not needed here, and is
    /// not known to servers before 7.0.
    static let questions = [RedisCommand("CLUSTER", "SLOTS"), RedisCommand("CLUSTER", "INFO")]

    /// From the answers to `questions`.
    init(_ replies: [RedisReply], askedAt address: RedisAddress) throws(RedisError) {
        guard replies.count == 2 else { throw RedisError(.protocolViolation, "not a cluster's answer") }
        if case .error(let error) = replies[0] { throw RedisError(error, isScript: false) }
        map = try ClusterMap(replies[0], askedAt: address)
        guard !map.nodes.isEmpty else { throw RedisError(.noPrimary, "no server of the cluster has slots") }
        epoch = Self.epoch(replies[1].string ?? "") ?? .max
    }

    static func epoch(_ information: String) -> Int? {
        let name = "cluster_current_epoch:"
        let line = information.split(whereSeparator: \.isNewline).first { $0.hasPrefix(name) }
        return line.flatMap { Int($0.dropFirst(name.count)) }
    }
}
