package import TesseraCore

/// What happens that other systems may be told of.
package enum Occurrence: Sendable {
    case signIn(Events.SignIn)
    case signOut(Events.SignOut)
    case sessionsEnded(Events.SessionsEnded)
    case createUser(Events.UserChanged)
    case updateUser(Events.UserChanged)
    case linkAccount(Events.AccountChanged)
    case unlinkAccount(Events.AccountChanged)
}

/// Events that must reach other systems at least once: the message is made before the change that it tells of, and is
/// written with it. (`Events` are handlers in this process, which are called afterwards.)
package struct LastingEvents: Sendable {
    /// The message that tells of something; `nil` where nobody wants to be told of that.
    package let message: @Sendable (Occurrence) -> OutboxMessage?

    package init(message: @escaping @Sendable (Occurrence) -> OutboxMessage?) { self.message = message }
}

extension RequestFlow {
    /// The messages that tell of what is about to happen to a user or his accounts.
    func messages(_ occurrences: Occurrence...) -> [OutboxMessage] {
        guard let lasting = settings.lasting else { return [] }
        return occurrences.compactMap(lasting.message)
    }

    /// Makes the messages of a change of a user's sessions: of what it is, and of what it ends.
    func messageMaker(
        of user: UserID, telling occurrences: [Occurrence]
    ) -> UserActor.MessageMaker? {
        guard let lasting = settings.lasting else { return nil }
        return UserActor.MessageMaker { change, reply in
            let endings = change.endings(of: user, reply).map { Occurrence.sessionsEnded($0) }
            return (occurrences + endings).compactMap(lasting.message)
        }
    }
}
