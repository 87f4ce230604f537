package import JSON

/// The keys that a caller accepts, or that somebody publishes (RFC 7517, section 5).
package struct JWKSet: Sendable {
    /// The keys, in their order.
    package let keys: [JWK]
    /// How many entries of a parsed set were left out: of an unknown type, or malformed.
    package let skippedCount: Int

    /// A set of these keys. Several keys may have the same `kid`; each of them that suits is then tried.
    package init(_ keys: [JWK]) { self.init(keys, skippedCount: 0) }

    private init(_ keys: [JWK], skippedCount: Int) {
        self.keys = keys
        self.skippedCount = skippedCount
    }

    /// Reads a set from its JSON text, at most 1 MiB and 128 entries. Entries that cannot be used are
    /// skipped, as RFC 7517, section 5, asks; only a text that is no set at all is an error.
    package init(parsing text: [UInt8]) throws(JOSEError) {
        guard text.count <= 1 << 20 else { throw JOSEError(.keyMalformed, "the key set is too long") }
        let object: JSONObject
        do throws(JSONError) { object = try JSONObject(parsing: text, nesting: 16) } catch {
            throw JOSEError(.keyMalformed, "not a JSON object: \(error)")
        }
        guard let entries = object["keys"]?.array, entries.count <= 128 else {
            throw JOSEError(.keyMalformed, "keys is no array, or too long")
        }
        let keys = entries.compactMap { entry in entry.object.flatMap { try? JWK($0) } }
        self.init(keys, skippedCount: entries.count - keys.count)
    }

    /// The public parts as a JWK set, for publishing. Symmetric keys have none and are left out.
    package func publicJSON() throws(JOSEError) -> JSONObject {
        var entries: [JSONValue] = []
        for key in keys where key.keyType != .octets { entries.append(.object(try key.publicJSON())) }
        return ["keys": .array(entries)]
    }

    /// The keys that a header could mean: those with its `kid`, compared by its UTF-8, or all where it has none.
    func candidates(kid: String?) -> [JWK] {
        guard let kid else { return keys }
        // One after the other: sets are small, and hashing a name costs more than comparing it with a few.
        func isMeant(_ key: JWK) -> Bool { key.kid.map { isSame($0, kid) } ?? false }
        return keys.allSatisfy(isMeant) ? keys : keys.filter(isMeant)
    }
}

extension JWKSet: ExpressibleByArrayLiteral {
    /// A set of these keys.
    package init(arrayLiteral elements: JWK...) { self.init(elements) }
}
