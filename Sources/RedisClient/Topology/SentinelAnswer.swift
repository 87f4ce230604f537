internal import RESP

/// What a Sentinel says of a primary.
struct SentinelAnswer: Sendable, Hashable {
    /// Where it is; `nil` where the Sentinel does not know the name.
    let primary: RedisAddress?
    /// Counts failovers: who has the higher number knows more.
    let epoch: Int
    /// The other Sentinels that watch it.
    let others: [RedisAddress]

    init(primary: RedisAddress?, epoch: Int, others: [RedisAddress]) {
        (self.primary, self.epoch, self.others) = (primary, epoch, others)
    }

    /// What is asked, in one flight. The address is asked for by itself: after a promotion it is the new primary's
    /// before the other answers say so.
    static func questions(about name: String) -> [RedisCommand] {
        [
            RedisCommand("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name), RedisCommand("SENTINEL", "MASTER", name),
            RedisCommand("SENTINEL", "SENTINELS", name),
        ]
    }

    /// From the answers to `questions`.
    init(_ replies: [RedisReply]) throws(RedisError) {
        guard replies.count == 3 else { throw Self.unexpected }
        switch replies[0] {
        case .null:
            self.init(primary: nil, epoch: 0, others: [])
        case .array(let parts):
            guard parts.count == 2, let host = parts[0].string, let port = parts[1].int,
                let epoch = Self.field("config-epoch", of: replies[1]).flatMap({ Int($0) })
            else { throw Self.unexpected }
            let others = (replies[2].array ?? []).compactMap(Self.address)
            self.init(primary: .host(host, port: port), epoch: epoch, others: others)
        case .error(let error):
            throw RedisError(.unavailable, "the Sentinel does not answer the question", serverError: error)
        case .status, .integer, .bytes:
            throw Self.unexpected
        }
    }

    private static let unexpected = RedisError(.protocolViolation, "not a Sentinel's answer")

    /// A Sentinel's address from what another says of it.
    private static func address(_ reply: RedisReply) -> RedisAddress? {
        guard let host = field("ip", of: reply), let port = field("port", of: reply).flatMap({ Int($0) }) else {
            return nil
        }
        return .host(host, port: port)
    }

    /// A field of an array in which names and values alternate.
    private static func field(_ name: String, of reply: RedisReply) -> String? {
        guard let words = reply.array else { return nil }
        let index = stride(from: 0, to: words.count - 1, by: 2).first { words[$0].string == name }
        return index.flatMap { words[$0 + 1].string }
    }
}
