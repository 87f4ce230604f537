package import JSON

/// The provider table: `Resources/providers.json`, parsed once, when the first provider is looked up. An entry is read
/// only when it is configured.
package enum ProviderTable {
    private static let parsed: Result<[String: JSONObject], ProvidersError> = Result { () throws(ProvidersError) in
        try read(PackageResources.providers_json)
    }

    /// The facts of an entry as they stand in the table; `nil` where there is none of this id.
    package static func facts(of id: String) throws(ProvidersError) -> JSONObject? { try parsed.get()[id] }

    /// The ids of all entries, sorted.
    package static func ids() throws(ProvidersError) -> [String] { try parsed.get().keys.sorted() }

    /// An entry as it is used by default: with what the newer facts recommend, and no variant.
    package static func entry(_ id: String) throws(ProvidersError) -> ProviderEntry? {
        guard let facts = try facts(of: id) else { return nil }
        return try FactsVersion.recommended.entry(facts, parameters: [:])
    }

    /// Reads a table: its entries by id.
    static func read(_ bytes: [UInt8]) throws(ProvidersError) -> [String: JSONObject] {
        let document: JSONObject
        do throws(JSONError) { document = try JSONObject(parsing: bytes) } catch {
            throw ProvidersError(.facts, "the provider table is no JSON: \(error)")
        }
        guard document["schemaVersion"]?.integer == 1, let entries = document["providers"]?.array else {
            throw ProvidersError(.facts, "the provider table is not of schema version 1")
        }
        var table: [String: JSONObject] = [:]
        for entry in entries {
            guard let object = entry.object, let id = object["id"]?.string else {
                throw ProvidersError(.facts, "an entry of the provider table has no id")
            }
            guard table.updateValue(object, forKey: id) == nil else {
                throw ProvidersError(.facts, "the provider table has \(id) twice")
            }
        }
        return table
    }
}

/// Which of an entry's facts are used.
public enum FactsVersion: String, Sendable, Hashable, CaseIterable {
    /// Those of NextAuth.js v4, and of the newer ones what is worth adopting.
    case recommended
    /// Strictly those of NextAuth.js v4.
    case v4

    /// The entry after its patches: first the newer facts, then the variant that a parameter selects.
    package func entry(_ facts: JSONObject, parameters: [String: String]) throws(ProvidersError) -> ProviderEntry {
        try ProviderEntry(patched(facts, parameters: parameters))
    }

    func patched(_ facts: JSONObject, parameters: [String: String]) throws(ProvidersError) -> JSONObject {
        let id = facts["id"]?.string ?? "provider"
        var result = facts
        if self == .recommended, let newer = facts["newer"] {
            let patch = try FactsPatch(newer, at: "\(id).newer")
            result = patch.applied(to: result, only: patch.recommended)
        }
        let defaults = Self.defaults(of: result)
        for variant in result["variants"]?.array ?? [] {
            let patch = try FactsPatch(variant, at: "\(id).variants")
            let isSelected = patch.selectedBy.allSatisfy { name, value in
                (parameters[name] ?? defaults[name]) == value
            }
            if isSelected { result = patch.applied(to: result, only: nil) }
        }
        result["newer"] = nil
        result["variants"] = nil
        return result
    }

    private static func defaults(of facts: JSONObject) -> [String: String] {
        var defaults: [String: String] = [:]
        for parameter in facts["parameters"]?.array ?? [] {
            guard let object = parameter.object, let name = object["name"]?.string else { continue }
            defaults[name] = object["default"]?.string
        }
        return defaults
    }
}

/// Changes to whole top-level members of an entry.
struct FactsPatch {
    let set: JSONObject
    let unset: [String]
    /// For newer facts: the members that are worth adopting.
    let recommended: Set<String>
    /// For a variant: the parameters and the values that select it.
    let selectedBy: [String: String]

    init(_ value: JSONValue, at place: String) throws(ProvidersError) {
        var facts = try Facts(value, at: place)
        set = try facts.object("set")
        unset = try facts.optionalTexts("unset")
        recommended = Set(try facts.optionalTexts("recommended"))
        var selectedBy: [String: String] = [:]
        for (name, value) in try facts.optionalObject("selectedBy").members {
            guard let text = value.string else { throw facts.wrong("selectedBy", "not a text") }
            selectedBy[name] = text
        }
        self.selectedBy = selectedBy
        for name in ["version", "note", "name"] { _ = facts.optional(name) }
        try facts.finish()
    }

    func applied(to facts: JSONObject, only names: Set<String>?) -> JSONObject {
        var result = facts
        for (name, value) in set.members where names?.contains(name) ?? true { result[name] = value }
        for name in unset where names?.contains(name) ?? true { result[name] = nil }
        return result
    }
}
