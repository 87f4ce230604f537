/// What the store keeps of a user: his epoch and his sessions.
package struct UserRecord: Sendable, Hashable {
    package let user: UserID
    /// Raised to end all of the user's sessions.
    package var epoch: Epoch
    /// When the epoch was last raised: a NextAuth.js token issued before is refused.
    package var epochRaisedAt: Timestamp?
    /// The deployment's epoch when the record was read, and when it was last raised.
    package let deployment: Deployment
    /// The sessions, in no particular order.
    package var sessions: [SessionRecord]

    /// What holds for all users.
    package struct Deployment: Sendable, Hashable {
        package let epoch: Epoch
        package let raisedAt: Timestamp?

        package init(epoch: Epoch, raisedAt: Timestamp?) {
            self.epoch = epoch
            self.raisedAt = raisedAt
        }

        /// Never raised.
        package static let initial = Deployment(epoch: .initial, raisedAt: nil)
    }

    package init(
        user: UserID, epoch: Epoch = .initial, epochRaisedAt: Timestamp? = nil, deployment: Deployment = .initial,
        sessions: [SessionRecord] = []
    ) {
        self.user = user
        self.epoch = epoch
        self.epochRaisedAt = epochRaisedAt
        self.deployment = deployment
        self.sessions = sessions
    }

    package subscript(id: SessionID) -> SessionRecord? { sessions.first { $0.id == id } }

    /// Whether neither limits nor epochs have ended a session of this record.
    package func isAlive(_ session: SessionRecord, at now: Timestamp) -> Bool {
        !session.isExpired(at: now) && session.userEpoch >= epoch && session.deploymentEpoch >= deployment.epoch
    }

    /// The sessions that are alive, the most recently used first.
    package func liveSessions(at now: Timestamp) -> [SessionRecord] {
        sessions.filter { isAlive($0, at: now) }.sorted { ($1.lastSeenAt, $1.id) < ($0.lastSeenAt, $0.id) }
    }

    /// Takes over a sign of use, if the session is there.
    package mutating func apply(_ mark: Mark) {
        guard let index = sessions.firstIndex(where: { $0.id == mark.session }) else { return }
        sessions[index].apply(mark.use)
    }
}
