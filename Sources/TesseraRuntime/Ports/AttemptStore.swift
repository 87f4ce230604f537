package import TesseraCore

/// Counts attempts, for limits that hold across nodes.
package protocol AttemptStore: Sendable {
    /// Counts one attempt against all of these limits, or against none where one of them is reached: then, how long
    /// to wait. One atomic step.
    func attempt(_ charges: [AttemptCharge], at now: Timestamp) async throws(StoreError) -> Duration?

    /// Forgets what was counted under these keys.
    func forget(_ keys: [AttemptKey]) async throws(StoreError)

    /// Drops what no longer limits anything. Returns how many.
    func sweepAttempts(at now: Timestamp) async throws(StoreError) -> Int
}

/// What is limited: a digest, so that the store keeps neither addresses nor identifiers.
package struct AttemptKey: Sendable, Hashable {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }
}

/// One attempt against one limit.
package struct AttemptCharge: Sendable, Hashable {
    package let key: AttemptKey
    package let limit: AttemptLimit

    package init(key: AttemptKey, limit: AttemptLimit) {
        self.key = key
        self.limit = limit
    }
}
