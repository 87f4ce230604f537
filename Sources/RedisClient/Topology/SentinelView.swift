/// Which Sentinels there are and which primary they name. The rules only, no I/O.
struct SentinelView: Sendable, Hashable {
    /// What the newest answers come to.
    enum Verdict: Sendable, Hashable {
        /// This server is the primary.
        case primary(RedisAddress)
        /// Nobody says so now, for this reason. Whoever was the primary may still be.
        case unknown(RedisError)
        /// Nobody has said so yet, and not all have been heard.
        case undecided
    }

    /// At most so many are asked.
    static let limit = 16

    /// Those of the configuration, which are always asked, and those that they named.
    private(set) var sentinels: [RedisAddress]
    private let configured: [RedisAddress]
    /// The newest answer of each.
    private var answers: [RedisAddress: Result<SentinelAnswer, RedisError>] = [:]
    /// The highest number of a failover that was heard of.
    private var epoch = 0

    init(configured: [RedisAddress]) {
        self.configured = configured
        sentinels = configured
    }

    /// Takes an answer, or why there is none.
    ///
    /// The Sentinel that knows of the most failovers is right; one that was cut off during a failover does not know of
    /// it. An answer older than what was heard before is believed only if most Sentinels give it: they were set up anew.
    mutating func take(_ answer: Result<SentinelAnswer, RedisError>, from sentinel: RedisAddress) -> Verdict {
        answers[sentinel] = answer
        learn()
        let named = answers.values.compactMap { try? $0.get() }.filter { $0.primary != nil }
        guard let newest = named.max(by: { $0.epoch < $1.epoch }), let primary = newest.primary else {
            return sentinels.allSatisfy { answers[$0] != nil } ? .unknown(reason) : .undecided
        }
        guard newest.epoch >= epoch || named.count * 2 > sentinels.count else {
            return .unknown(RedisError(.noPrimary, "only Sentinels that missed a failover answer"))
        }
        epoch = newest.epoch
        return .primary(primary)
    }

    /// The list follows what the Sentinels say; where none answers, what is known stays.
    private mutating func learn() {
        let named = answers.values.compactMap { try? $0.get() }.flatMap(\.others)
        if named.isEmpty { return }
        var all = configured
        // Who is known comes first, so that the order does not depend on who answered last.
        for address in sentinels + named where !all.contains(address) && all.count < Self.limit {
            if named.contains(address) || isHeard(address) { all.append(address) }
        }
        sentinels = all
        answers = answers.filter { all.contains($0.key) }
    }

    private func isHeard(_ sentinel: RedisAddress) -> Bool {
        if case .success = answers[sentinel] { true } else { false }
    }

    private var reason: RedisError {
        for case .success in answers.values {
            return RedisError(.noPrimary, "no Sentinel knows the primary's name")
        }
        for sentinel in sentinels {
            guard case .failure(let error) = answers[sentinel] else { continue }
            return RedisError(error.code, "no Sentinel answers: \(error.message)", serverError: error.serverError)
        }
        return RedisError(.unavailable, "no Sentinel answers")
    }
}
