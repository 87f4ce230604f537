internal import RESP

/// What to do when a server says that a command belongs elsewhere, or cannot be served now. The rules only, no I/O.
///
/// Every error that leads to another attempt is one that a server gives instead of executing the command. Attempts go
/// on until the command's deadline; all but the first two come after a wait.
struct RedirectionAdvice: Sendable, Hashable {
    /// What happens to the command.
    enum Step: Sendable, Hashable {
        /// It is not about places: whoever sent the command gets the error.
        case deliver
        /// Send it to this server; after `ASKING`, where that is said.
        case follow(RedisAddress, asking: Bool)
        /// Send it to whoever is known to have its slot then.
        case retry
    }

    /// What the error says about the servers.
    enum Lesson: Sendable, Hashable {
        /// A slot has another primary. There is probably more to learn.
        case moved(slot: Int, to: RedisAddress)
        /// What is known is out of date.
        case outdated
    }

    var step: Step
    /// How long to wait before that.
    var wait: Duration = .zero
    var lesson: Lesson?

    private static let shortestWait: Duration = .milliseconds(10)
    private static let longestWait: Duration = .milliseconds(160)

    private init(_ step: Step, wait: Duration = .zero, lesson: Lesson? = nil) {
        (self.step, self.wait, self.lesson) = (step, wait, lesson)
    }

    /// About an error of the server at `asked`, the answer to attempt number `attempt`, from 1.
    init(_ error: RedisServerError, from asked: RedisAddress, attempt: Int) {
        switch (error.kind, Self.place(error, asked)) {
        case ("MOVED", .some(let place)):
            self.init(
                .follow(place.target, asking: false), wait: Self.waitBeforeFollowing(attempt),
                lesson: .moved(slot: place.slot, to: place.target))
        case ("ASK", .some(let place)):
            self.init(.follow(place.target, asking: true), wait: Self.waitBeforeFollowing(attempt))
        // The keys of one command are in two places while their slot moves; or the server reads its data in.
        case ("TRYAGAIN", _), ("LOADING", _):
            self.init(.retry, wait: Self.wait(attempt))
        // A failover is under way, or has been.
        case ("CLUSTERDOWN", _), ("READONLY", _), ("MASTERDOWN", _):
            self.init(.retry, wait: Self.wait(attempt), lesson: .outdated)
        default:
            self.init(.deliver)
        }
    }

    /// Two servers may each say for a moment that the other has the slot; from the third time on that is waited out.
    private static func waitBeforeFollowing(_ attempt: Int) -> Duration {
        attempt < 3 ? .zero : wait(attempt - 2)
    }

    /// Whether an error is about places at all.
    static func isRedirection(_ error: RedisServerError) -> Bool {
        let kinds: Set = ["MOVED", "ASK", "TRYAGAIN", "LOADING", "CLUSTERDOWN", "READONLY", "MASTERDOWN"]
        return kinds.contains(error.kind)
    }

    /// Doubled with each attempt.
    private static func wait(_ attempt: Int) -> Duration {
        min(longestWait, shortestWait * (1 << min(attempt - 1, 10)))
    }

    private static func place(_ error: RedisServerError, _ asked: RedisAddress) -> (slot: Int, target: RedisAddress)? {
        let details = error.details
        guard details.count >= 2, let slot = Int(details[0]), (0..<HashSlot.count).contains(slot),
            let target = RedisAddress(redirection: details[1], askedAt: asked)
        else { return nil }
        return (slot, target)
    }
}
