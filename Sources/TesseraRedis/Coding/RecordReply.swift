import RESP
import TesseraCore
import TesseraRuntime

extension UserRecord {
    /// Reads what `load.lua` answers.
    init(_ user: UserID, reply: RedisReply) throws(StoreError) {
        guard let parts = reply.array, parts.count == 2, let deployment = parts[0].array, deployment.count == 2,
            let fields = parts[1].array, fields.count % 2 == 0
        else { throw .unexpected("load") }
        var reading = RecordReading()
        for index in stride(from: 0, to: fields.count, by: 2) {
            try reading.read(field: fields[index], value: fields[index + 1])
        }
        self.init(
            user: user, epoch: reading.epoch, epochRaisedAt: reading.raisedAt,
            deployment: try Deployment(epoch: deployment[0], raisedAt: deployment[1]), sessions: try reading.sessions())
    }
}

extension UserRecord.Deployment {
    /// Reads the two fields of a shard's copy, which are not there before the first raise.
    init(epoch: RedisReply, raisedAt: RedisReply) throws(StoreError) {
        if epoch.isNull {
            self = .initial
            return
        }
        self.init(epoch: try Epoch(reply: epoch), raisedAt: try Timestamp(reply: raisedAt))
    }
}

/// Puts a record together from the fields of a user's hash.
private struct RecordReading {
    var epoch = Epoch.initial
    var raisedAt: Timestamp?
    private var packed: [String: [UInt8]] = [:]
    private var rests: [String: [UInt8]] = [:]
    private var uses: [String: [UInt8]] = [:]

    mutating func read(field: RedisReply, value: RedisReply) throws(StoreError) {
        guard let name = field.string, let bytes = value.bytes else { throw .unexpected("load") }
        switch name {
        case "epoch": epoch = try Epoch(reply: value)
        case "raised_at": raisedAt = try Timestamp(reply: value)
        case _ where name.hasPrefix("s:"): packed[String(name.dropFirst(2))] = bytes
        case _ where name.hasPrefix("r:"): rests[String(name.dropFirst(2))] = bytes
        case _ where name.hasPrefix("t:"): uses[String(name.dropFirst(2))] = bytes
        // A newer version may keep more.
        default: break
        }
    }

    func sessions() throws(StoreError) -> [SessionRecord] {
        var sessions: [SessionRecord] = []
        for (sid, bytes) in packed {
            sessions.append(try SessionRecord(sid: sid, packed: bytes + (rests[sid] ?? []), use: uses[sid] ?? []))
        }
        return sessions
    }
}

extension SessionRecord {
    /// Reads a session from its name, its packed members, and its last use (`<at> <generation>`).
    init(sid: String, packed: [UInt8], use: [UInt8]) throws(StoreError) {
        let parts = use.split(separator: UInt8(ascii: " "))
        guard let id = SessionID(sid), parts.count == 2, let at = Int64(ascii: parts[0]),
            let generation = UInt32(ascii: parts[1])
        else { throw .damagedSession }
        let lastUse = Use(at: Timestamp(milliseconds: at), generation: Generation(generation))
        do {
            self = try PackedSession.unpack(packed, id: id, lastUse: lastUse)
        } catch {
            switch error {
            case .unknownVersion(let version):
                throw StoreError(
                    .damaged,
                    "a session in Redis was written by a newer version of Tessera (format \(version)); update this node",
                    cause: error)
            case .damaged: throw .damagedSession
            }
        }
    }

    /// Until when the end of an adopted session has to be remembered.
    var blockedUntil: Timestamp? { adoptedUntil.map { $0 + SessionPolicy.clockSkew } }
}

extension Epoch {
    init(reply: RedisReply) throws(StoreError) {
        guard let number = reply.int.flatMap({ UInt32(exactly: $0) }) else { throw .unexpected("epoch") }
        self.init(number)
    }
}

extension Timestamp {
    init(reply: RedisReply) throws(StoreError) {
        guard let milliseconds = reply.int else { throw .unexpected("moment") }
        self.init(milliseconds: Int64(milliseconds))
    }
}

extension StoreError {
    /// Redis answered something that no step of ours answers.
    static func unexpected(_ step: String) -> StoreError {
        StoreError(.damaged, "Redis gave an answer to \"\(step)\" that this version cannot read")
    }

    static let damagedSession = StoreError(.damaged, "a session in Redis cannot be read")
}
