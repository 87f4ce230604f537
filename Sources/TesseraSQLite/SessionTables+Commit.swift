import TesseraCore
import TesseraRuntime

extension SessionTables {
    /// Checks all conditions of a change, then writes it; writes nothing unless all of them hold.
    func commit(_ change: UserChange, messageLimit: Int) throws -> CommitOutcome {
        guard try isCurrent(change) else { return .stale }
        for edit in change.edits where try !isCurrent(edit, of: change.user) { return .stale }
        for edit in change.edits {
            if case .create(let session) = edit, try isEnded(session.id) { return .sessionEnded(session.id) }
        }
        try write(change)
        try post(change.messages, limit: messageLimit)
        return .committed(.primary)
    }

    private func isCurrent(_ change: UserChange) throws -> Bool {
        try epoch(of: change.user).epoch == change.expectedEpoch
            && deployment().epoch == change.expectedDeploymentEpoch
    }

    private func isCurrent(_ edit: SessionEdit, of user: UserID) throws -> Bool {
        switch edit {
        case .create(let session): try !exists(session.id)
        case .replace(let session, with: _): try self.session(session.id, of: user)?.matches(session) ?? false
        case .remove: true
        }
    }

    private func write(_ change: UserChange) throws {
        if let raised = change.raisedEpoch {
            try raiseEpoch(of: change.user, to: raised.epoch, at: raised.at)
        }
        for edit in change.edits {
            switch edit {
            case .create(let session): try insert(session, of: change.user)
            case .replace(let session, with: let next): try update(session, to: next, of: change.user)
            case .remove(let id): try delete(id, of: change.user)
            }
        }
        for revocation in change.revocations { try block(revocation) }
    }
}
