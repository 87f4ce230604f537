internal import RESP

/// A batch on its way through a cluster whose slots may be moving: which of its commands have been answered for good.
struct BatchProgress: Sendable {
    private let commands: [RedisCommand]
    private var replies: [RedisReply]
    /// The places of those that a server refused because of where it is.
    private var refused: [Int]

    init(_ commands: [RedisCommand]) {
        self.commands = commands
        replies = Array(repeating: .null, count: commands.count)
        refused = Array(commands.indices)
    }

    /// All replies, in the order of the commands.
    var result: [RedisReply] { replies }

    /// What to send next; each command after `ASKING`, where that is asked for.
    func next(asking: Bool) -> [RedisCommand] {
        asking ? refused.flatMap { [RedisCommand("ASKING"), commands[$0]] } : refused.map { commands[$0] }
    }

    /// Takes the replies to what `next` gave; returns the first error that says that commands belong elsewhere. The
    /// commands that were so refused are next; they stay in their order, and come after those that were not refused.
    mutating func take(_ answers: [RedisReply], asking: Bool) -> RedisServerError? {
        var first: RedisServerError?
        var again: [Int] = []
        for (offset, place) in refused.enumerated() {
            let index = asking ? 2 * offset + 1 : offset
            guard answers.indices.contains(index) else { continue }
            replies[place] = answers[index]
            guard let error = answers[index].error, RedirectionAdvice.isRedirection(error) else { continue }
            first = first ?? error
            again.append(place)
        }
        refused = again
        return first
    }
}
