import RESP
import RedisClient
import Synchronization
import TesseraCore
import TesseraRuntime

/// Says how safe a write is: waits a little for a replica to have it, where there is one (`WAIT`).
///
/// One question to a primary answers all who have come before it was asked: so where a replica does not answer, many
/// revocations wait no longer than one. The question goes over a client of its own, because `WAIT` keeps its connection
/// busy.
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
    func durability(of shards: some Collection<Int>) async -> Durability {
        await durability(ofPlaces: shards.map { keys.shard($0) })
    }

    /// The same for places whose keys begin with these texts, which are shards or what else is in one slot.
    func durability(ofPlaces places: [String]) async -> Durability {
        guard limit > .zero else { return .primary }
        // Places of one primary are as safe as each other.
        var asked: Set<String> = []
        for place in places {
            guard let primary = try? await client.primary(for: RedisKey(place)).id else { return .primary }
            guard asked.insert(primary).inserted else { continue }
            guard await isReplicated(place, on: primary) else { return .primary }
        }
        return .replicated
    }

    /// Joins those who wait for the next question; the first of them asks it.
    private func isReplicated(_ place: String, on primary: String) async -> Bool {
        switch await turn(on: primary) {
        case .answer(let isReplicated): return isReplicated
        case .ask:
            let isReplicated = await ask(place)
            finish(primary, isReplicated)
            return isReplicated
        }
    }

    private func turn(on primary: String) async -> ReplicationRound.Turn {
        await withCheckedContinuation { caller in
            let asks = rounds.withLock { $0[primary, default: ReplicationRound()].join(caller) }
            if asks { caller.resume(returning: .ask) }
        }
    }

    private func finish(_ primary: String, _ isReplicated: Bool) {
        let end = rounds.withLock { $0[primary, default: ReplicationRound()].finish() }
        for caller in end.answered { caller.resume(returning: .answer(isReplicated)) }
        end.next?.resume(returning: .ask)
    }

    private func ask(_ place: String) async -> Bool {
        let key = RedisKey(place)
        do {
            guard Self.hasReplica(try await client.execute(RedisCommand("ROLE"), key: key)) else { return false }
            // WAIT is about the last write of its own connection, so there is one; it comes after those in question.
            let replies = try await client.execute(
                batch: [
                    RedisCommand("SET", "\(place):ping", "1", "EX", 60),
                    RedisCommand("WAIT", 1, limit.milliseconds),
                ], key: key)
            // Without that write the answer would be about an earlier one.
            guard replies.first?.string == "OK", let count = replies.last?.int else { return false }
            return count > 0
        } catch {
            return false
        }
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
        case answer(Bool)
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
