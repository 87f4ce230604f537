/// The normal form of an e-mail address (contract 5.5), under which a user is found again.
package enum EmailAddress {
    /// The longest address (RFC 5321, section 4.5.3.1.3, less the angle brackets).
    private static let lengthLimit = 254

    /// Trims, folds the letters' case, and cuts the domain at the first comma; `nil` for what is no one address.
    ///
    /// - Parameter text: what somebody typed, in Unicode's form NFKC, so that look-alikes of `@` are found out.
    package static func normalize(_ text: String) -> String? {
        let parts = text.trimmed.lowercased().split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, let domain = parts[1].split(separator: ",", omittingEmptySubsequences: false).first
        else { return nil }
        let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
        guard !parts[0].isEmpty, labels.count >= 2, !labels.contains(where: \.isEmpty) else { return nil }
        let address = "\(parts[0])@\(domain)"
        guard address.utf8.count <= lengthLimit, !address.unicodeScalars.contains(where: isForbidden) else {
            return nil
        }
        return address
    }

    /// What would end an address in a header or a command, or hide in it.
    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\"", "<", ">", "(", ")", "[", "]", "\\", ",", ";", ":": true
        default:
            scalar.value <= 0x20 || (0x7F...0xA0).contains(scalar.value) || scalar.properties.isWhitespace
                || scalar.properties.generalCategory == .format
        }
    }
}

extension String {
    /// Without white space at both ends.
    fileprivate var trimmed: Substring {
        let start = self.drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return start[...last]
    }
}
