/// The members of a JSON object, in the order in which they were written.
///
/// Names are unique. Look-up is linear, which is the fastest for the dozen members that a token or a
/// request has. Two objects are equal when they have equal members, in whatever order.
public struct JSONObject: Sendable {
    /// A name and its value.
    public typealias Member = (name: String, value: JSONValue)

    public private(set) var members: [Member]

    /// An object without members.
    public init() { members = [] }

    /// An object with these members; of members with the same name the last one stays.
    public init(_ members: some Sequence<(String, JSONValue)>) {
        self.members = []
        for (name, value) in members { self[name] = value }
    }

    /// An object with these members, whose names are known to be unique.
    init(unique members: [Member]) { self.members = members }

    public var count: Int { members.count }
    public var isEmpty: Bool { members.isEmpty }

    /// The value of a member. Setting replaces it in place or appends it; setting `nil` removes it.
    public subscript(name: String) -> JSONValue? {
        get {
            for member in members where member.name == name { return member.value }
            return nil
        }
        set {
            let index = members.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append((name, value))
            case (nil, nil): break
            }
        }
    }
}

extension JSONObject: Equatable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.name] == $0.value }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}
