import TesseraCore

/// What is known of something that is fetched now and then, and when it is to be fetched again. Pure: whoever owns it
/// does what it answers, one fetch at a time.
struct FetchState<Value: Sendable>: Sendable {
    /// How long things count.
    struct Times: Sendable {
        /// After this a value is fetched anew.
        var fresh: Duration
        /// Until then a value that could not be fetched anew goes on being used.
        var usable: Duration
        /// After a fetch, failed or on demand, the next one waits this long.
        var cooldown: Duration
    }

    enum Answer: Sendable {
        case use(Value)
        case fetch
        /// The last fetch failed a moment ago.
        case refuse(ProvidersError)
    }

    private struct Known {
        let value: Value
        /// When the fetch that brought it began.
        let asked: Timestamp
    }

    private let times: Times
    private var known: Known?
    private var failure: (error: ProvidersError, at: Timestamp)?

    init(times: Times) { self.times = times }

    /// - Parameter newerThan: the caller has seen the value that was asked for at this time, and wants another one. He
    ///   gets the same again while the cooldown lasts.
    func ask(at now: Timestamp, newerThan seen: Timestamp? = nil) -> Answer {
        guard let known else {
            if let failure, now - failure.at < times.cooldown { return .refuse(failure.error) }
            return .fetch
        }
        let age = now - known.asked
        let isSeen = seen.map { known.asked <= $0 } ?? false
        let isCooling = age < times.cooldown || failure.map { now - $0.at < times.cooldown } ?? false
        if isSeen { return isCooling ? .use(known.value) : .fetch }
        if age < times.fresh { return .use(known.value) }
        if isCooling, age < times.usable { return .use(known.value) }
        return .fetch
    }

    /// A fetch that began at `asked` has brought a value. The newest wins: one that began earlier than what is known
    /// changes nothing.
    mutating func fetched(_ value: Value, asked: Timestamp) {
        if let known, known.asked > asked { return }
        known = Known(value: value, asked: asked)
        failure = nil
    }

    /// A fetch has failed. What is known goes on being used while it is usable; otherwise the error is the answer.
    mutating func failed(_ error: ProvidersError, at now: Timestamp) -> Answer {
        failure = (error, now)
        guard let known, now - known.asked < times.usable else { return .refuse(error) }
        return .use(known.value)
    }

    /// When what is known was asked for.
    var asked: Timestamp? { known?.asked }
}
