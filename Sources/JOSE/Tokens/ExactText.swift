/// Whether two texts have the same UTF-8. `==` alone also says so of texts that are only canonically
/// equivalent, which RFC 7515, section 10.12, does not allow for names and values of tokens.
func isSame(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count && left == right && left.utf8.elementsEqual(right.utf8)
}

extension RawRepresentable where RawValue == String {
    /// The case with exactly this name.
    init?(exactly name: String) {
        self.init(rawValue: name)
        if !isSame(rawValue, name) { return nil }
    }
}
