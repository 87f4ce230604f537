import Synchronization

/// How far a load has come.
final class Progress: Sendable {
    private let answers = Atomic(0)
    private let isOver = Atomic(false)

    /// How many requests have been answered.
    var answered: Int { answers.load(ordering: .relaxed) }

    func answer() { answers.add(1, ordering: .relaxed) }

    /// Whether the tasks are to end.
    var isStopped: Bool { isOver.load(ordering: .acquiring) }

    func stop() { isOver.store(true, ordering: .releasing) }
}
