package import TesseraCore

/// Keeps a secret for the minutes between two requests of one browser, for all nodes: the port that a store implements.
///
/// It gets names and contents that tell nothing to who reads the store (`SealedSecrets` sees to that). Every
/// implementation passes one contract suite.
package protocol ShortLivedSecrets: Sendable {
    /// Keeps something under a name until then, in place of what has been kept under it.
    func keep(
        _ secret: [UInt8], as name: String, until end: Timestamp, at now: Timestamp
    ) async throws(StoreError)

    /// Hands it out, once: of any number of callers one gets it. `nil` where there is none, or its time is over.
    func take(_ name: String, at now: Timestamp) async throws(StoreError) -> [UInt8]?

    /// Drops what nobody can take any more. Returns how many it dropped; a store may do that by itself.
    func sweepSecrets(at now: Timestamp) async throws(StoreError) -> Int
}
