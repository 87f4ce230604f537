import Synchronization
package import TesseraCore

/// The users' actors of this node: made on demand, let go when they have not been needed for long, bounded.
///
/// Letting go loses nothing but a copy: should two actors of one user ever run at once, the store's conditions keep
/// them consistent.
package final class UserActors: Sendable {
    private let actors: Mutex<RecentlyUsed<UserID, UserActor>>
    private let environment: UserActor.Environment

    /// - Parameter limit: how many actors are kept at most.
    package init(environment: UserActor.Environment, limit: Int) {
        self.environment = environment
        self.actors = Mutex(RecentlyUsed(limit: limit))
    }

    /// The actor of a user.
    package subscript(user: UserID) -> UserActor {
        actors.withLock { $0.value(user) { UserActor(user: user, environment: environment) } }
    }

    /// Has a user's actor, where there is one, drop its copy of the record.
    package func invalidate(_ user: UserID) { actors.withLock { $0.peek(user) }?.invalidate() }

    /// Lets go of all actors, because everybody's record has changed.
    package func removeAll() { actors.withLock { $0.removeAll() } }

    /// How many actors there are.
    package var count: Int { actors.withLock { $0.count } }
}
