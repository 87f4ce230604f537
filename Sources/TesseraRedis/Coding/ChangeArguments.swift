import RESP
import TesseraCore

/// A change as `commit.lua` takes it.
struct ChangeArguments {
    private(set) var values: [RedisArgument] = []

    init(
        _ change: UserChange, revocations: [Revocation], message: Announcement, messageLimit: Int, now: Timestamp
    ) {
        values = [
            .string(change.user.text), .integer(Int64(change.expectedEpoch.number)),
            .integer(Int64(change.expectedDeploymentEpoch.number)),
        ]
        if let raised = change.raisedEpoch {
            values += [.integer(Int64(raised.epoch.number)), .integer(raised.at.milliseconds)]
        } else {
            values += [.string(""), .string("")]
        }
        values += [.integer(now.milliseconds), .integer(Self.lifetime(change.edits).wholeSeconds)]
        values.append(.integer(Int64(change.edits.count)))
        for edit in change.edits { append(edit) }
        values.append(.integer(Int64(revocations.count)))
        for revocation in revocations { values += RevocationText(revocation).arguments }
        values += message.alone + change.messages.arguments(limit: messageLimit)
    }

    private mutating func append(_ edit: SessionEdit) {
        let sid = RedisArgument.string("\(edit.session)")
        switch edit {
        case .create(let session):
            let kind = session.adoptedUntil == nil ? "c" : "a"
            values += [.string(kind), sid, .bytes(PackedSession.pack(session))] + Self.use(session)
            values.append(.integer(session.limit.milliseconds))
        case .replace(let old, with: let next):
            values += [.string("r"), sid, .bytes(PackedSession.pack(old)), .bytes(PackedSession.pack(next))]
            values += Self.use(next)
            values.append(Self.endsEarlier(next, than: old) ? .integer(next.limit.milliseconds) : .string(""))
        case .remove:
            values += [.string("d"), sid]
        }
    }

    private static func use(_ session: SessionRecord) -> [RedisArgument] {
        [.integer(session.lastUse.at.milliseconds), .integer(Int64(session.lastUse.generation.number))]
    }

    /// Whether a session may reach its limit before what was noted when it looked as it did.
    private static func endsEarlier(_ next: SessionRecord, than old: SessionRecord) -> Bool {
        next.absoluteLimit < old.absoluteLimit || next.idleTimeout < old.idleTimeout || next.rotatedAt < old.rotatedAt
    }

    /// How long Redis keeps the user's hash at least, counted from this write: as long as a session of it can live, or
    /// its end has to be remembered; and a day, so that a sweep finds it first.
    private static func lifetime(_ edits: [SessionEdit]) -> Duration {
        var longest = Duration.zero
        for edit in edits {
            switch edit {
            case .create(let session), .replace(_, with: let session):
                longest = max(longest, session.absoluteLimit - session.createdAt)
                if let until = session.blockedUntil { longest = max(longest, until - session.createdAt) }
            case .remove: break
            }
        }
        return min(longest, .days(36_525)) + .days(1)
    }
}
