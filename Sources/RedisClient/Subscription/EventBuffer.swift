internal import RESP
internal import Synchronization

/// What connections put in and one reader takes out, bounded.
final class EventBuffer: Sendable {
    private typealias Reader = CheckedContinuation<Result<RedisSubscriptionEvent, RedisError>, Never>

    private struct State {
        var events = EventQueue()
        var reader: Reader?
        var end: RedisError?
        /// Channels that have been delivered at some time.
        var delivered: Set<String> = []
        /// Channels whose loss has been told, and that are not back.
        var lost: Set<String> = []
        /// How to close the connections that put in.
        var links: [Int: @Sendable () -> Void] = [:]
        var lastLink = 0
    }

    private let limit: Int
    private let byteLimit: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: how many events may wait.
    ///   - byteLimit: how many bytes of messages may wait; one alone may have more.
    init(limit: Int, byteLimit: Int = .max) {
        self.limit = limit
        self.byteLimit = byteLimit
    }

    // MARK: The reader

    func next() async throws(RedisError) -> RedisSubscriptionEvent {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (reader: Reader) in
                if let result = take(reader) { reader.resume(returning: result) }
            }
        } onCancel: {
            let reader = state.withLock { $0.reader.take() }
            reader?.resume(returning: .failure(.cancelled(written: false)))
        }
        return try result.get()
    }

    private func take(_ reader: Reader) -> Result<RedisSubscriptionEvent, RedisError>? {
        state.withLock { state in
            // Under the lock: who is cancelled later finds the reader here.
            if Task.isCancelled { return .failure(.cancelled(written: false)) }
            if let event = state.events.popFirst() { return .success(event) }
            if let end = state.end { return .failure(end) }
            precondition(state.reader == nil, "a subscription has one reader at a time")
            state.reader = reader
            return nil
        }
    }

    // MARK: Connections

    /// The server delivers this channel from here on. False, here and below, where nobody wants more.
    func subscribed(_ channel: String) -> Bool {
        add { state in
            state.lost.remove(channel)
            return state.delivered.insert(channel).inserted ? .subscribed(channel) : .resubscribed(channel)
        }
    }

    /// A message has come.
    func message(_ channel: String, _ payload: [UInt8]) -> Bool {
        add { _ in .message(channel: channel, payload: payload) }
    }

    /// The channels are delivered no more. It is told once, until they are back; whether it was news.
    @discardableResult
    func lost(_ channels: [String], _ error: RedisError) -> Bool {
        var isNews = false
        _ = add { state in
            let news = channels.filter { state.lost.insert($0).inserted }
            isNews = !news.isEmpty
            return news.isEmpty ? nil : .lost(channels: news, error)
        }
        return isNews
    }

    private func add(_ makeEvent: (inout State) -> RedisSubscriptionEvent?) -> Bool {
        var links: [@Sendable () -> Void] = []
        let (reader, event) = state.withLock { state -> (Reader?, RedisSubscriptionEvent?) in
            guard state.end == nil, let event = makeEvent(&state) else { return (nil, nil) }
            if let reader = state.reader.take() { return (reader, event) }
            let fits = state.events.count == 0 || event.byteCount <= byteLimit - state.events.byteCount
            if state.events.count < limit, fits {
                state.events.append(event)
            } else {
                let what = fits ? "\(limit) events" : "\(byteLimit) bytes"
                links = Self.end(&state, RedisError(.subscriptionOverflow, "more than \(what) wait"))
            }
            return (nil, nil)
        }
        if let event { reader?.resume(returning: .success(event)) }
        for close in links { close() }
        return !isEnded
    }

    /// How many events wait for the reader.
    var waitingEvents: Int { state.withLock { $0.events.count } }

    /// Whether no more events are taken.
    var isEnded: Bool { state.withLock { $0.end != nil } }

    /// Ends after the events that are there, and closes the connections.
    func end(_ error: RedisError) {
        let (reader, links) = state.withLock { state in
            (state.end == nil ? state.reader.take() : nil, Self.end(&state, error))
        }
        reader?.resume(returning: .failure(error))
        for close in links { close() }
    }

    private static func end(_ state: inout State, _ error: RedisError) -> [@Sendable () -> Void] {
        state.end = state.end ?? error
        defer { state.links = [:] }
        return Array(state.links.values)
    }

    /// Keeps a way to close a connection, until it is let go; `nil` where the subscription has ended.
    func attach(_ close: @escaping @Sendable () -> Void) -> Int? {
        state.withLock { state in
            guard state.end == nil else { return nil }
            state.lastLink += 1
            state.links[state.lastLink] = close
            return state.lastLink
        }
    }

    /// The connection is closed.
    func detach(_ link: Int) {
        state.withLock { _ = $0.links.removeValue(forKey: link) }
    }
}

/// First in, first out.
struct EventQueue: Sendable {
    // What is before `head` has been taken.
    private var storage: [RedisSubscriptionEvent?] = []
    private var head = 0
    /// How many bytes the messages that wait have.
    private(set) var byteCount = 0

    var count: Int { storage.count - head }

    mutating func append(_ event: RedisSubscriptionEvent) {
        storage.append(event)
        byteCount += event.byteCount
    }

    mutating func popFirst() -> RedisSubscriptionEvent? {
        guard head < storage.count else { return nil }
        let event = storage[head].take()
        byteCount -= event?.byteCount ?? 0
        head += 1
        if head == storage.count {
            storage.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1024, head * 2 >= storage.count {
            storage.removeFirst(head)
            head = 0
        }
        return event
    }
}

extension RedisSubscriptionEvent {
    /// What the payload takes; the rest is as long as the names of channels.
    fileprivate var byteCount: Int {
        if case .message(_, let payload) = self { payload.count } else { 0 }
    }
}
