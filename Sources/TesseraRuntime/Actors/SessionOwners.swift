import Synchronization
package import TesseraCore

/// Whose the sessions are that were presented by reference tokens lately. A session never changes its owner, so an
/// entry is never wrong; it only saves asking the store.
package final class SessionOwners: Sendable {
    private let owners: Mutex<RecentlyUsed<SessionID, UserID>>

    /// - Parameter limit: how many are kept at most.
    package init(limit: Int) { owners = Mutex(RecentlyUsed(limit: limit)) }

    package func find(_ session: SessionID) -> UserID? { owners.withLock { $0[session] } }

    package func remember(_ owner: UserID, of session: SessionID) { owners.withLock { $0.insert(owner, session) } }
}
