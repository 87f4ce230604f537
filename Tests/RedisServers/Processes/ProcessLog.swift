import Synchronization

/// The lines that a process printed; at most the last 10,000.
package final class ProcessLog: Sendable {
    private struct Search {
        let texts: [String]
        let event: Event
    }

    private struct State {
        var lines: [String] = []
        /// How many lines were here before the first of `lines`.
        var dropped = 0
        var unfinished: [UInt8] = []
        var searches: [Search] = []
    }

    private static let limit = 10_000
    private let state = Mutex(State())

    /// Happens when the process has closed its output.
    package let end = Event()

    /// The number of lines so far: what comes later is after it.
    package var position: Int { state.withLock { $0.dropped + $0.lines.count } }

    package var lines: [String] { state.withLock { $0.lines } }

    func append(_ bytes: some Sequence<UInt8>) {
        let found = state.withLock { state in
            state.unfinished += bytes
            let parts = state.unfinished.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            let new = parts.dropLast().map { String(decoding: $0, as: UTF8.self) }
            state.unfinished = Array(parts.last ?? [])
            return Self.add(new, to: &state)
        }
        for event in found { event.happen() }
    }

    func finish() {
        let found = state.withLock { state in
            let last = state.unfinished.isEmpty ? [] : [String(decoding: state.unfinished, as: UTF8.self)]
            state.unfinished = []
            _ = Self.add(last, to: &state)
            // Nothing more comes: who waits for a line is told so.
            defer { state.searches = [] }
            return state.searches.map(\.event)
        }
        end.happen()
        for event in found { event.happen() }
    }

    private static func add(_ lines: [String], to state: inout State) -> [Event] {
        state.lines += lines
        let excess = state.lines.count - limit
        if excess > 0 {
            state.lines.removeFirst(excess)
            state.dropped += excess
        }
        let isFound = { (search: Search) in lines.contains { line in search.texts.contains { line.contains($0) } } }
        defer { state.searches.removeAll(where: isFound) }
        return state.searches.filter(isFound).map(\.event)
    }

    /// The first line after a position that has one of these texts; waits for it.
    package func line(with texts: String..., after position: Int = 0, within limit: Duration) async throws -> String {
        let event = Event()
        let early = state.withLock { state in
            let line = Self.first(with: texts, after: position, in: state)
            if line == nil, !end.hasHappened { state.searches.append(Search(texts: texts, event: event)) }
            return line
        }
        if let early { return early }
        if !end.hasHappened { _ = await event.happens(within: limit) }
        if let line = state.withLock({ Self.first(with: texts, after: position, in: $0) }) { return line }
        let how = end.hasHappened ? "ended" : "ran for \(limit)"
        throw RedisServersError("the process \(how) without \(texts):\n\(lines.suffix(20).joined(separator: "\n"))")
    }

    private static func first(with texts: [String], after position: Int, in state: State) -> String? {
        state.lines.dropFirst(position - state.dropped < 0 ? 0 : position - state.dropped)
            .first { line in texts.contains { line.contains($0) } }
    }
}
