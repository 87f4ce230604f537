import JSON

@testable import TesseraProviders

/// Documents in which every pointer of a mapping leads to a value that names the pointer.
struct SampleDocument {
    private(set) var profile = JSONValue.object(JSONObject())
    private(set) var token = JSONValue.object(JSONObject())
    private(set) var claims = JSONValue.object(JSONObject())

    /// The value at a pointer.
    static func sample(_ pointer: SourcePointer) -> String {
        "Sample" + pointer.pointer.steps.map { "-" + $0.filter { $0.isLetter || $0.isNumber } }.joined()
    }

    mutating func add(_ expression: Expression) {
        switch expression {
        case .pointer(let pointer): set(pointer, .string(Self.sample(pointer)))
        case .constant: break
        case .first(let all), .firstNonEmpty(let all), .join(_, let all): for one in all { add(one) }
        case .template(let pieces):
            for piece in pieces {
                if case .pointer(let pointer) = piece { set(pointer, .string(Self.sample(pointer))) }
            }
        case .select(let selection):
            var element = JSONValue.object(JSONObject())
            for condition in selection.conditions {
                element = condition.pointer.setting(condition.value.value, in: element)
            }
            let name = SourcePointer(source: .profile, pointer: selection.value)
            element = selection.value.setting(.string(Self.sample(name)), in: element)
            set(selection.from, .array([element]))
        case .when(let condition, let then, let otherwise):
            add(then)
            add(otherwise)
            if case .startsWith(let pointer, let text) = condition { set(pointer, .string(text + "x")) }
        }
    }

    mutating func set(_ pointer: SourcePointer, _ value: JSONValue) {
        switch pointer.source {
        case .profile: profile = Self.setting(value, at: pointer.pointer.steps[...], in: profile)
        case .token: token = Self.setting(value, at: pointer.pointer.steps[...], in: token)
        case .claims: claims = Self.setting(value, at: pointer.pointer.steps[...], in: claims)
        }
    }

    /// As a pointer leads, with arrays where a step is a number.
    static func setting(_ value: JSONValue, at steps: ArraySlice<String>, in document: JSONValue?) -> JSONValue {
        guard let step = steps.first else { return value }
        if let index = Int(step) {
            var elements = document?.array ?? []
            while elements.count <= index { elements.append(.object(JSONObject())) }
            elements[index] = setting(value, at: steps.dropFirst(), in: elements[index])
            return .array(elements)
        }
        var object = document?.object ?? JSONObject()
        object[step] = setting(value, at: steps.dropFirst(), in: object[step])
        return .object(object)
    }
}

extension Expression {
    /// The first pointer that the value would come from.
    var firstPointer: SourcePointer? {
        switch self {
        case .pointer(let pointer): pointer
        case .constant: nil
        case .first(let all), .firstNonEmpty(let all), .join(_, let all): all.lazy.compactMap(\.firstPointer).first
        case .template(let pieces):
            pieces.lazy.compactMap { if case .pointer(let pointer) = $0 { pointer } else { nil } }.first
        case .select(let selection): SourcePointer(source: .profile, pointer: selection.value)
        case .when(_, let then, let otherwise): then.firstPointer ?? otherwise.firstPointer
        }
    }
}
