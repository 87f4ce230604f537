import Synchronization

/// Gives back what it was given the time before.
final class LastWord: Sendable {
    private let state = Mutex((word: "first", count: 0))

    var count: Int { state.withLock { $0.count } }

    func exchange(_ word: String) -> String {
        state.withLock { state in
            defer { state = (word, state.count + 1) }
            return state.word
        }
    }
}
