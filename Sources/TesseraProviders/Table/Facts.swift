import JSON

/// Reads the members of an object of the provider table strictly: what is missing, of another type or unknown is an
/// error that says where.
struct Facts {
    private let object: JSONObject
    private let place: String
    private var read: Set<String> = []

    init(_ value: JSONValue, at place: String) throws(ProvidersError) {
        guard let object = value.object else { throw ProvidersError(.facts, "\(place): not an object") }
        self.init(object, at: place)
    }

    init(_ object: JSONObject, at place: String) {
        self.object = object
        self.place = place
    }

    /// The members' names, in their order.
    var names: [String] { object.members.map(\.name) }

    func place(of name: String) -> String { "\(place).\(name)" }

    func wrong(_ name: String, _ why: String) -> ProvidersError {
        ProvidersError(.facts, "\(place).\(name): \(why)")
    }

    /// To be called last: members that nobody asked for are unknown.
    func finish() throws(ProvidersError) {
        for name in names where !read.contains(name) { throw wrong(name, "there is no such member") }
    }

    mutating func optional(_ name: String) -> JSONValue? {
        read.insert(name)
        return object[name]
    }

    mutating func value(_ name: String) throws(ProvidersError) -> JSONValue {
        guard let value = optional(name) else { throw wrong(name, "missing") }
        return value
    }

    mutating func text(_ name: String) throws(ProvidersError) -> String {
        guard let text = try value(name).string else { throw wrong(name, "not a text") }
        return text
    }

    mutating func optionalText(_ name: String) throws(ProvidersError) -> String? {
        optional(name) == nil ? nil : try text(name)
    }

    mutating func bool(_ name: String) throws(ProvidersError) -> Bool {
        guard let value = optional(name) else { return false }
        guard let bool = value.bool else { throw wrong(name, "neither true nor false") }
        return bool
    }

    mutating func integer(_ name: String) throws(ProvidersError) -> Int {
        guard let number = try value(name).integer, let integer = Int(exactly: number) else {
            throw wrong(name, "not a whole number")
        }
        return integer
    }

    mutating func values(_ name: String) throws(ProvidersError) -> [JSONValue] {
        guard let values = try value(name).array else { throw wrong(name, "not an array") }
        return values
    }

    mutating func optionalValues(_ name: String) throws(ProvidersError) -> [JSONValue] {
        optional(name) == nil ? [] : try values(name)
    }

    mutating func texts(_ name: String) throws(ProvidersError) -> [String] {
        let values = try values(name)
        let texts = values.compactMap(\.string)
        guard texts.count == values.count else { throw wrong(name, "not only texts") }
        return texts
    }

    mutating func optionalTexts(_ name: String) throws(ProvidersError) -> [String] {
        optional(name) == nil ? [] : try texts(name)
    }

    mutating func object(_ name: String) throws(ProvidersError) -> JSONObject {
        guard let object = try value(name).object else { throw wrong(name, "not an object") }
        return object
    }

    mutating func optionalObject(_ name: String) throws(ProvidersError) -> JSONObject {
        optional(name) == nil ? JSONObject() : try object(name)
    }

    /// A text of a closed set.
    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String
    ) throws(ProvidersError) -> Choice {
        let text = try text(name)
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw wrong(name, "\"\(text)\" is none of \(known)")
        }
        return choice
    }

    /// Names and texts with placeholders.
    mutating func placeholders(_ name: String) throws(ProvidersError) -> [(name: String, text: PlaceholderText)] {
        var result: [(name: String, text: PlaceholderText)] = []
        for (key, value) in try optionalObject(name).members {
            // An object is sent as compact JSON; it has no placeholders.
            let text =
                if let text = value.string {
                    try PlaceholderText(text, at: place(of: name))
                } else {
                    PlaceholderText(fixed: value.description)
                }
            result.append((key, text))
        }
        return result
    }

    mutating func placeholderText(_ name: String) throws(ProvidersError) -> PlaceholderText {
        try PlaceholderText(try text(name), at: place(of: name))
    }

    mutating func optionalPlaceholderText(_ name: String) throws(ProvidersError) -> PlaceholderText? {
        optional(name) == nil ? nil : try placeholderText(name)
    }
}
