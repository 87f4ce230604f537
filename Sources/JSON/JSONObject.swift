/// The members of a JSON object, in the order in which they were written.
///
/// Names are unique. Look-up is linear, which is the fastest for the dozen members that a token or a
/// request has. Names are the same when their UTF-8 is, as RFC 7515, section 10.12, compares them; what Swift
/// alone calls equal (a letter with an accent in one or two code points) is not. Two objects are equal when
/// they have equal members, in whatever order.
public struct JSONObject: Sendable {
    /// A name and its value.
    public typealias Member = (name: String, value: JSONValue)

    /// The members in their order.
    public private(set) var members: [Member]

    /// An object without members.
    public init() { members = [] }

    /// An object without members that takes so many without moving them.
    public init(capacity: Int) {
        members = []
        members.reserveCapacity(capacity)
    }

    /// An object with these members; of members with the same name the last one stays.
    public init(_ members: some Sequence<(String, JSONValue)>) {
        self.members = []
        for (name, value) in members { self[name] = value }
    }

    /// An object with these members, whose names are known to be unique.
    init(unique members: [Member]) { self.members = members }

    /// How many members.
    public var count: Int { members.count }
    /// Whether there is no member.
    public var isEmpty: Bool { members.isEmpty }

    /// Appends a member whose name is known not to be there yet; spares the look-up.
    public mutating func append(unique member: Member) { members.append(member) }

    /// The value of a member. Setting replaces it in place or appends it; setting `nil` removes it.
    public subscript(name: String) -> JSONValue? {
        get {
            for member in members where member.name.isIdentical(to: name) { return member.value }
            return nil
        }
        set {
            let index = members.firstIndex { $0.name.isIdentical(to: name) }
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
    /// Whether both have the same members, in whatever order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.name] == $0.value }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// An object with these members; of members with the same name the last one stays.
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}

extension String {
    /// Whether both have the same UTF-8. `==` would also say so of texts that are only canonically equivalent.
    func isIdentical(to other: String) -> Bool {
        // The lengths first: they tell most names apart without a call.
        utf8.count == other.utf8.count && self == other && utf8.elementsEqual(other.utf8)
    }
}
