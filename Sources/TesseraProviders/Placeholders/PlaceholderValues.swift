package import JSON
import TesseraCore

/// The values of placeholders: the operator's parameters and what a sign-in adds to them.
package struct PlaceholderValues: Sendable {
    private var values: [String: String]
    /// The token response, for `token:<pointer>`.
    package var token: JSONObject

    package init(_ values: [String: String], token: JSONObject = JSONObject()) {
        self.values = values
        self.token = token
    }

    package subscript(name: String) -> String? {
        get {
            guard name.hasPrefix("token:") else { return values[name] }
            return JSONPointer(name.dropFirst("token:".count))?.value(in: .object(token))?.mappedText
        }
        set { values[name] = newValue }
    }

    /// All values but those of the token response.
    package var all: [String: String] { values }

    /// The text with every placeholder replaced as it is; `nil` where a value is missing.
    package func text(_ text: PlaceholderText) -> String? {
        var result = ""
        for piece in text.pieces {
            switch piece {
            case .text(let fixed): result += fixed
            case .name(let name):
                guard let value = self[name] else { return nil }
                result += value
            }
        }
        return result
    }

    /// Names and values of which every placeholder has a value; the others are left out.
    package func pairs(_ pairs: [(name: String, text: PlaceholderText)]) -> [(name: String, value: String)] {
        pairs.compactMap { pair in text(pair.text).map { (pair.name, $0) } }
    }

    /// The URL that a text names. A value at its beginning is a URL itself; one within the host must be a host's label;
    /// one in the path or query is percent-encoded.
    package func url(_ text: PlaceholderText) throws(ProvidersError) -> String {
        var result = ""
        for piece in text.pieces {
            switch piece {
            case .text(let fixed): result += fixed
            case .name(let name):
                guard let value = self[name] else {
                    throw ProvidersError(.settings, "{\(name)} has no value")
                }
                result += try Self.inserted(value, named: name, after: result, isWhole: text.onlyName != nil)
            }
        }
        return result
    }

    private static func inserted(
        _ value: String, named name: String, after text: String, isWhole: Bool
    ) throws(ProvidersError) -> String {
        if isWhole { return value }
        if text.isEmpty { return value.withoutTrailingSlashes }
        guard isInHost(text) else { return PercentEncoding.encodeStrictly(value) }
        guard !value.isEmpty, value.utf8.allSatisfy(isLabelByte) else {
            throw ProvidersError(.settings, "\(name) may only have letters, digits and hyphens")
        }
        return value
    }

    private static func isInHost(_ text: String) -> Bool {
        guard let separator = text.firstRange(of: "://") else { return false }
        return !text[separator.upperBound...].contains("/")
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"): true
        default: false
        }
    }
}

extension String {
    var withoutTrailingSlashes: String {
        var text = self[...]
        while text.hasSuffix("/") { text.removeLast() }
        return String(text)
    }
}
