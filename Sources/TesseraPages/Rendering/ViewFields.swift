import Mustache

/// A view's stored properties under their names, all the way down, as templates look them up.
///
/// swift-mustache would reflect on the whole stack of views at every tag; reflecting once per page and looking up in
/// a table from then on takes a fraction of the time. A property that is nil is left out, as Mustache wants it.
struct ViewFields: MustacheParent {
    private let fields: [String: Any]

    /// The fields of a structure.
    init(of view: Any) {
        var fields: [String: Any] = [:]
        for case (let name?, let value) in Mirror(reflecting: view).children {
            fields[name] = Self.value(value)
        }
        self.fields = fields
    }

    func child(named name: String) -> Any? {
        fields[name]
    }

    /// Text, truth, lists of these and structures of these: all that views are made of.
    private static func value(_ value: Any) -> Any? {
        if value is String || value is Bool { return value }
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional: return mirror.children.first.flatMap { Self.value($0.value) }
        case .collection: return mirror.children.compactMap { Self.value($0.value) }
        default: return ViewFields(of: value)
        }
    }
}
