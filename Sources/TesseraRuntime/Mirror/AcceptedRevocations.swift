import Synchronization
package import TesseraCore

/// Brings the revocations that a store has accepted into this node's mirror, before the store has made sure that they are
/// on a replica: should the primary be lost meanwhile, this node may be the only one that knows them, and its union with
/// the next primary must not be without them.
///
/// The store is made before the mirror, hence this between them. A store that waits for nobody needs none.
package final class AcceptedRevocations: Sendable {
    private let mirror = Mutex<Mirror?>(nil)

    package init() {}

    /// From now on they go into this mirror.
    package func go(to mirror: Mirror) { self.mirror.withLock { $0 = mirror } }

    /// A primary has accepted these.
    package func take(_ revocations: [Revocation]) { mirror.withLock { $0 }?.insert(revocations) }
}
