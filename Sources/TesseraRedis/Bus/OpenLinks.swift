import TesseraRuntime

/// Which links there are. A value; the bus has it behind a lock.
struct OpenLinks: Sendable {
    /// What a link is about.
    struct Route: Sendable, Hashable {
        /// Names the primary.
        let primary: String
        let shards: [Int]
    }

    /// What is to be done for the routes to be as they should.
    struct Change: Sendable {
        /// Ask these to end.
        let ended: [Ending]
        /// Begin a link for these, under these numbers.
        let begun: [(number: UInt64, route: Route)]
    }

    private struct Entry {
        let route: Route
        let ending: Ending
    }

    private var entries: [UInt64: Entry] = [:]
    private var lastNumber: UInt64 = 0

    /// Compares with where the shards are now.
    mutating func align(to routes: Set<Route>) -> Change {
        let outdated = entries.filter { !routes.contains($0.value.route) }
        let missing = routes.subtracting(entries.values.map(\.route))
        var begun: [(number: UInt64, route: Route)] = []
        for route in missing {
            lastNumber += 1
            entries[lastNumber] = Entry(route: route, ending: Ending())
            begun.append((lastNumber, route))
        }
        return Change(ended: outdated.values.map(\.ending), begun: begun)
    }

    /// What ends a link before its time.
    func ending(of number: UInt64) -> Ending? { entries[number]?.ending }

    /// A link has ended.
    mutating func remove(_ number: UInt64) { entries[number] = nil }
}

/// Tells one task, once, that it is to end.
struct Ending: Sendable {
    private let stream: AsyncStream<Never>
    private let continuation: AsyncStream<Never>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    /// Asks for the end; more than once is as good.
    func ask() { continuation.finish() }

    /// Returns once it was asked for, or the waiting task is cancelled.
    func wait() async { for await _ in stream {} }
}
