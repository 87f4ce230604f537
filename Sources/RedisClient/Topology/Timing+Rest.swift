internal import RESP

extension Timing {
    /// The time until the deadline.
    var rest: Duration { deadline.elapsed(since: .now()) }

    /// Waits before another attempt; false where the deadline would have passed then, or the task is cancelled.
    func allows(_ wait: Duration) async -> Bool {
        guard wait < rest else { return false }
        if wait > .zero { try? await Task.sleep(for: wait) }
        return !Task.isCancelled
    }
}

extension Result {
    /// Whether it is no failure.
    var isSuccess: Bool {
        switch self {
        case .success: true
        case .failure: false
        }
    }
}
