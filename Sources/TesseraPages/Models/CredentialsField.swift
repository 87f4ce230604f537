/// One input of a credentials form (contract 6.4: label, type, placeholder, any further HTML attributes).
package struct CredentialsField: Sendable, Equatable {
    /// The name under which the value is posted.
    package var name: String
    /// The label; empty for the name.
    package var label: String
    /// The input's type. One that is not typed in (`file`, `image`, `submit`…) or is unknown becomes `text`.
    package var type: String
    /// Shown while the field is empty; empty for nothing.
    package var placeholder: String
    /// What a password manager may fill in; nil to tell it from ``type`` and ``name``.
    package var autocomplete: String?
    /// Further attributes, in order. Those outside ``allowedAttributes`` are left out.
    package var attributes: [Attribute]

    /// A further attribute of the input.
    package struct Attribute: Sendable, Equatable {
        /// The attribute's name.
        package var name: String
        /// Its value; for one that only has to be there, such as `required`, anything.
        package var value: String

        /// An attribute.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The attributes that a configuration may add: they guide typing, and can neither run nor load anything.
    package static let allowedAttributes: Set<String> = [
        "autocapitalize", "inputmode", "max", "maxlength", "min", "minlength", "pattern", "required", "size",
        "spellcheck", "step", "title", "value",
    ]

    /// The types that a field may have.
    package static let allowedTypes: Set<String> = [
        "date", "datetime-local", "email", "hidden", "month", "number", "password", "search", "tel", "text", "time",
        "url", "week",
    ]

    /// A field.
    package init(
        name: String, label: String = "", type: String = "text", placeholder: String = "", autocomplete: String? = nil,
        attributes: [Attribute] = []
    ) {
        self.name = name
        self.label = label
        self.type = type
        self.placeholder = placeholder
        self.autocomplete = autocomplete
        self.attributes = attributes
    }
}
