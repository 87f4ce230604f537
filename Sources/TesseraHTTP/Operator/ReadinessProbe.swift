import TesseraCore
import TesseraRuntime

/// Asks the store whether it can write: at most once a second, however many want to know. Anybody may ask whether the
/// node is ready, and each time something is written to disk.
actor ReadinessProbe {
    private let store: any SessionStore
    private let clock: WallClock
    private var newest: Answer?
    private var isAsking = false
    /// Those who came while somebody else was asking. Their number is that of the connections at most, and they wait no
    /// longer than the store's own limit of time.
    private var waiting: [CheckedContinuation<StoreError?, Never>] = []

    private struct Answer {
        /// What is wrong with the store; `nil` when it can write.
        let error: StoreError?
        let at: Timestamp
    }

    /// How long an answer counts.
    private static let validity = Duration.seconds(1)

    init(store: any SessionStore, clock: WallClock) {
        self.store = store
        self.clock = clock
    }

    /// What is wrong with the store; `nil` when it can write.
    func ask() async -> StoreError? {
        // A clock that was put back makes no answer count for longer.
        if let newest, (.zero..<Self.validity).contains(clock.now() - newest.at) { return newest.error }
        if isAsking { return await withCheckedContinuation { waiting.append($0) } }
        isAsking = true
        let error = await ping()
        isAsking = false
        newest = Answer(error: error, at: clock.now())
        for caller in waiting { caller.resume(returning: error) }
        waiting = []
        return error
    }

    private func ping() async -> StoreError? {
        do {
            try await store.ping()
            return nil
        } catch {
            return error
        }
    }
}
