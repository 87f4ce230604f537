import Synchronization
package import TesseraCore
package import TesseraRuntime

/// Short-lived secrets in memory, for tests.
package final class InMemorySecrets: ShortLivedSecrets {
    private struct Kept {
        let content: [UInt8]
        let end: Timestamp
    }

    private let kept = Mutex<[String: Kept]>([:])

    package init() {}

    /// What is kept, by its name.
    package var contents: [String: [UInt8]] { kept.withLock { $0.mapValues(\.content) } }

    package func keep(
        _ secret: [UInt8], as name: String, until end: Timestamp, at now: Timestamp
    ) async throws(StoreError) {
        kept.withLock { $0[name] = Kept(content: secret, end: end) }
    }

    package func take(_ name: String, at now: Timestamp) async throws(StoreError) -> [UInt8]? {
        guard let found = kept.withLock({ $0.removeValue(forKey: name) }), found.end > now else { return nil }
        return found.content
    }

    package func sweepSecrets(at now: Timestamp) async throws(StoreError) -> Int {
        kept.withLock { kept in
            let count = kept.count
            kept = kept.filter { $0.value.end > now }
            return count - kept.count
        }
    }
}
