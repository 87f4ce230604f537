import RESP
import RedisClient
import Synchronization
import TesseraCore
import TesseraRuntime

/// A write to a shard, of which is asked how safe it is.
struct ShardWrite: Sendable {
    let shard: Int
    /// The history of the primary that it was written in; `nil` where that is not known.
    let history: ReplicationID?

    init(_ shard: Int, history: ReplicationID?) {
        self.shard = shard
        self.history = history
    }

    /// `reply` is what a script has answered for the history.
    init(_ shard: Int, _ reply: RedisReply?) {
        self.init(shard, history: reply?.string.map { ReplicationID($0) })
    }
}

/// Says how safe a write is: waits a little for a replica to have it, where there is one (`WAIT`).
///
/// One question to a primary answers all who have come before it was asked: so where a replica does not answer, many
/// revocations wait no longer than one. The question goes over a client of its own, because `WAIT` keeps its connection
/// busy. Another primary than the one that was written to, or one that has been restarted since, is in another history:
/// it may lack the write, whatever its replicas have.
final class ReplicationWait: Sendable {
    private let client: RedisClient
    private let keys: Keyspace
    private let limit: Duration
    private let rounds = Mutex<[String: ReplicationRound]>([:])

    init(client: RedisClient, keys: Keyspace, limit: Duration) {
        self.client = client
        self.keys = keys
        self.limit = limit
    }

    /// Whether what was just written to these shards is on a replica of each, too. What cannot be told is not.
    func durability(of writes: [ShardWrite]) async -> Durability {
        await durability(of: writes.map { (keys.shard($0.shard), $0.history) })
    }

    /// The same for places whose keys begin with these texts, which are shards or what else is in one slot.
    func durability(ofPlaces places: [String]) async -> Durability {
        await durability(of: places.map { ($0, nil) })
    }

    private func durability(of writes: [(place: String, history: ReplicationID?)]) async -> Durability {
        guard limit > .zero else { return .primary }
        // Places of one primary are as safe as each other.
        var replicated: [String: ReplicationID] = [:]
        for write in writes {
            guard let primary = try? await client.primary(for: RedisKey(write.place)).id else { return .primary }
            if replicated[primary] == nil { replicated[primary] = await replicatedHistory(write.place, on: primary) }
            guard let history = replicated[primary], history == write.history ?? history else { return .primary }
        }
        return .replicated
    }

    /// Joins those who wait for the next question; the first of them asks it.
    private func replicatedHistory(_ place: String, on primary: String) async -> ReplicationID? {
        switch await turn(on: primary) {
        case .answer(let history): return history
        case .ask:
            let history = await ask(place)
            finish(primary, history)
            return history
        }
    }

    private func turn(on primary: String) async -> ReplicationRound.Turn {
        await withCheckedContinuation { caller in
            let asks = rounds.withLock { $0[primary, default: ReplicationRound()].join(caller) }
            if asks { caller.resume(returning: .ask) }
        }
    }

    private func finish(_ primary: String, _ history: ReplicationID?) {
        let end = rounds.withLock { $0[primary, default: ReplicationRound()].finish() }
        for caller in end.answered { caller.resume(returning: .answer(history)) }
        end.next?.resume(returning: .ask)
    }

    /// The history that the primary is in, of which a replica has all that had been written; `nil` where none has.
    private func ask(_ place: String) async -> ReplicationID? {
        let key = RedisKey(place)
        do {
            guard Self.hasReplica(try await client.execute(RedisCommand("ROLE"), key: key)) else { return nil }
            // WAIT is about the last write of its own connection, so there is one; it comes after those in question.
            let replies = try await client.execute(
                batch: [
                    RedisCommand("SET", "\(place):ping", "1", "EX", 60),
                    RedisCommand("WAIT", 1, limit.milliseconds), RedisCommand("INFO", "replication"),
                ], key: key)
            // Without that write the answer would be about an earlier one.
            guard replies.count == 3, replies[0].string == "OK", let count = replies[1].int, count > 0 else {
                return nil
            }
            return replies[2].string.flatMap(Self.history)
        } catch {
            return nil
        }
    }

    /// The history in what `INFO replication` says.
    private static func history(_ info: String) -> ReplicationID? {
        let name = "master_replid:"
        let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix(name) }
        return line.map { ReplicationID(String($0.dropFirst(name.count))) }
    }

    /// `ROLE` of a primary: its name, its offset, and its replicas.
    private static func hasReplica(_ role: RedisReply) -> Bool {
        guard let parts = role.array, parts.count == 3, parts[0].string == "master" else { return false }
        return parts[2].array?.isEmpty == false
    }
}

/// Who waits for one primary's replicas. A value; `ReplicationWait` has it behind a lock.
struct ReplicationRound {
    typealias Caller = CheckedContinuation<Turn, Never>

    /// What a caller is to do.
    enum Turn: Sendable {
        /// Ask, for all who have joined meanwhile, and then finish.
        case ask
        /// Somebody has asked.
        case answer(ReplicationID?)
    }

    private var isAsking = false
    /// Their writes came before the question that is under way.
    private var covered: [Caller] = []
    /// Theirs came after it began: they need the next one.
    private var waiting: [Caller] = []

    /// Joins; returns whether the caller has to ask at once. Otherwise it will be resumed.
    mutating func join(_ caller: Caller) -> Bool {
        if isAsking {
            waiting.append(caller)
            return false
        }
        isAsking = true
        return true
    }

    /// The question was answered: for whom that counts, and who asks the next one.
    mutating func finish() -> (answered: [Caller], next: Caller?) {
        let answered = covered
        covered = waiting
        waiting = []
        let next = covered.isEmpty ? nil : covered.removeFirst()
        isAsking = next != nil
        return (answered, next)
    }
}
